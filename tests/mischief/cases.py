"""What is done to the broker, case by case.

A case is a coroutine; the first line of its doc string is what it does. It returns a line of figures. What it may cost in memory
above the common budget stands beside it, with the reason.
"""

import asyncio
import collections
import dataclasses
import os
import struct
import time
from typing import Callable, Optional

import budget
from calls import (
    CREATE_TOPICS,
    DELETE_TOPICS,
    FETCH,
    INIT_PRODUCER_ID,
    JOIN_GROUP,
    METADATA,
    MOST,
    create_body,
    create_errors,
    delete_body,
    delete_errors,
    fetch_body,
    framed,
    header,
    init_answer,
    init_body,
    join_body,
    join_error,
    metadata_body,
    session_of,
)
from gauge import gauges
from harness.process import Failure, expect, expect_equal
from peers import Closed, Peer, crowd, leave_all
from wire import batch, produce_request, record

MIB = budget.MIB
NONE, UNKNOWN_MEMBER, REBALANCE_IN_PROGRESS, GROUP_FULL = 0, 25, 27, 81
CASES = {}


@dataclasses.dataclass
class Case:
    function: Callable
    connections: int
    extra: int
    setup: Optional[Callable]


def case(connections, extra=0, setup=None):
    """`extra`: bytes that the case may cost beyond the common budget, because it leaves so much behind by right."""

    def add(function):
        CASES[function.__name__] = Case(function, connections, extra, setup)
        return function

    return add


async def spread(jobs, at_once):
    """Runs coroutines, so many at once."""
    gate = asyncio.Semaphore(at_once)

    async def one(job):
        async with gate:
            return await job

    return await asyncio.gather(*(one(job) for job in jobs))


async def outlive(world, peers, seconds, act=None):
    """Waits, and lets each peer that is still connected act at every turn; returns how many were closed meanwhile."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        world.good.check()
        taken = (await asyncio.to_thread(gauges, world.node))["strata_request_memory_bytes"]
        expect(taken <= budget.QUEUED_BYTES, f"requests take {taken:.0f} bytes, above their budget of {budget.QUEUED_BYTES}")
        if act:
            for peer in peers:
                act(peer)
        await asyncio.sleep(0.5)
    return sum(peer.is_closed() for peer in peers)


async def answered(world, body, seconds, what):
    """A well-behaved client asks something large while all that goes on: how long it takes. Nobody may be kept out for longer."""
    begin, seconds = time.monotonic(), seconds * world.patience
    peer = await Peer.connect(world.node)
    try:
        await asyncio.wait_for(peer.ask(body), seconds)
    except (asyncio.TimeoutError, Closed) as error:
        raise Failure(f"{what} was not answered within {seconds:.0f} s: {error!r}") from None
    finally:
        peer.leave()
    return time.monotonic() - begin


@case(connections=128)
async def slow_senders(world):
    """requests that begin well and go on byte by byte, enough of them to fill the budget for requests several times"""
    peers = await crowd(world.node, 128)
    for peer in peers:
        size = world.random.choice([budget.REQUEST_BYTES, 256 * 1024, 60000])
        await peer.send(struct.pack(">i", size) + header(METADATA, 4) + bytes(world.random.choice([10, 5000, 50000, 70000]))[: size - 100])
    large = asyncio.create_task(answered(world, header(METADATA, 4) + metadata_body(["none-such"] * 40000), 40, "a large request"))
    closed = await outlive(world, peers, 6, lambda peer: peer.send_some(b"\0"))
    waited = await large
    expect(closed > 0, "slow senders hold all memory of requests, and none of them was cut off")
    leave_all(peers, world.random)
    return f"{len(peers)} slow senders, {closed} of them cut off; a large request was answered after {waited:.1f} s"


@case(connections=1000)
async def announced_and_never_sent(world):
    """a thousand frames that are announced and never sent"""
    peers = await crowd(world.node, 1000)
    for peer in peers:
        await peer.send(struct.pack(">i", world.random.choice([budget.REQUEST_BYTES, 50000])))
    closed = await outlive(world, peers, 3)
    leave_all(peers, world.random)
    waited = await answered(world, header(METADATA, 4) + metadata_body(["none-such"] * 40000), 20, "a large request")
    expect_equal(closed, 0, "cut off, though they kept nothing from others")
    return f"{len(peers) * budget.REQUEST_BYTES // MIB} MiB announced at most; a large request was answered after {waited:.1f} s"


@case(connections=budget.CONNECTIONS_PER_ADDRESS)
async def half_open_connections(world):
    """more connections than one address may have, which say nothing; half of them go without a word, the rest stay"""
    wanted = budget.CONNECTIONS_PER_ADDRESS + 1000
    peers = await crowd(world.node, wanted)
    open_ = gauges(world.node)["kafka_server_socketservermetrics_connection_count"]
    expect(open_ <= budget.CONNECTIONS_PER_ADDRESS + 4, f"{open_:.0f} connections are open")
    # One that meets a full queue of the kernel's is open on its own side only, until the kernel asks again after some seconds.
    deadline = time.monotonic() + 30 * world.patience
    while (refused := sum(peer.is_closed() for peer in peers)) < 995:
        expect(time.monotonic() < deadline, f"only {refused} of {wanted} connections were turned away")
        await asyncio.sleep(0.1)
    leave_all(peers[: wanted // 2])
    rest = peers[wanted // 2 :]
    # The kernel asks again after 1, 3, 7 and 15 s, each time all of them at once: the last ones begin to be idle then.
    deadline = time.monotonic() + budget.IDLE_MS / 1000 + 30 * world.patience
    while not all(peer.is_closed() for peer in rest):
        world.good.check()
        expect(time.monotonic() < deadline, f"{sum(not peer.is_closed() for peer in rest)} idle connections outlive connections.max.idle.ms")
        await asyncio.sleep(0.2)
    leave_all(rest)
    return f"{wanted} connections, {refused} turned away, {len(rest)} idle ones closed in time"


@case(connections=200)
async def connection_churn(world):
    """thousands of connections that come and go, many in the middle of a frame"""
    beginnings = [b"", b"\0\0", framed(header(METADATA, 4) + metadata_body(["good"])), struct.pack(">i", 70000) + bytes(66000), framed(header(FETCH, 11) + fetch_body([("good", 0, 1 << 40, MOST)]))]

    async def come_and_go():
        peer = await Peer.connect(world.node)
        try:
            await peer.send(world.random.choice(beginnings))
        except Closed:
            pass
        leave_all([peer], world.random)

    begin = time.monotonic()
    await spread((come_and_go() for _ in range(5000)), 100)
    return f"5000 connections, {5000 / (time.monotonic() - begin):.0f} a second"


BIG = ("big", 4)


async def fill(world):
    """A topic with more records than any budget here."""
    if "big" in world.topics:
        return
    await create(world, [BIG[0]], BIG[1])
    value = batch(record(0, os.urandom(250000)))
    peer = await Peer.connect(world.node)
    for partition in range(BIG[1]):
        for _ in range(128):
            body = produce_request(BIG[0], value)
            # The only partition of the request stands right before its size and records.
            at = len(body) - len(value) - 8
            answer = await peer.ask(body[:at] + struct.pack(">i", partition) + body[at + 4 :])
            expect_equal(struct.unpack_from(">h", answer, 4 + 4 + 2 + len(BIG[0]) + 4 + 4)[0], 0, "error of a produce")
    peer.leave()


def everything(offset=0):
    return framed(header(FETCH, 11) + fetch_body([(BIG[0], partition, offset, MOST) for partition in range(BIG[1])]))


# One batch for each connection may come on top of the budget, so that every fetch makes progress.
@case(connections=200, extra=200 * 250 * 1024, setup=fill)
async def fetches_of_everything(world):
    """many connections fetch everything at once: some read as fast as they can, some slowly, some never"""
    peers = await crowd(world.node, 200, receive_bytes=65536)
    fast, silent = peers[:40], peers[40:]
    for peer in silent:
        await peer.send(everything(world.random.randrange(64)) * world.random.choice([1, 4]))
    deadline = time.monotonic() + 6
    got = collections.Counter()

    async def read_on(peer):
        while time.monotonic() < deadline:
            await peer.send(everything(world.random.randrange(64)))
            got["bytes"] += await peer.passed_over()
            got["answers"] += 1

    def sip(peer):
        try:
            peer.socket.recv(4096)
        except OSError:
            pass

    sipping = asyncio.create_task(outlive(world, silent[:80], 6, sip))
    results = await asyncio.gather(*(read_on(peer) for peer in fast), return_exceptions=True)
    await sipping
    broken = [error for error in results if isinstance(error, BaseException)]
    expect(not broken, f"{len(broken)} readers suffered, e.g. {broken[:1]!r}")
    expect(got["answers"] >= len(fast), f"{got['answers']} answers")
    leave_all(peers, world.random)
    return f"{len(silent)} that hardly read, {len(fast)} that do: {got['answers']} answers, {got['bytes'] / MIB / 6:.0f} MiB a second"


@case(connections=3000, extra=48 * MIB)
async def group_of_thousands(world):
    """three thousand members with large metadata in one group, which rebalances again and again"""
    metadata = os.urandom(4000)
    peers = await crowd(world.node, 3000)
    joined = collections.Counter()

    async def read_answers(peer):
        try:
            while True:
                joined[join_error(await peer.answer())] += 1
        except Closed:
            pass

    readers = [asyncio.create_task(read_answers(peer)) for peer in peers]
    # Nothing is begun behind a member's request to join, so that each has a connection of its own, as clients do.
    for peer in peers:
        await peer.send(framed(header(JOIN_GROUP, 3) + join_body("crowd", metadata, session_ms=2000, rebalance_ms=1500)))
    await outlive(world, [], 4)
    deadline = time.monotonic() + 20 * world.patience
    while joined[NONE] < 1000:
        expect(time.monotonic() < deadline, f"hardly anybody has joined: {dict(joined)}")
        await outlive(world, [], 0.1)
    leave_all(peers, world.random)
    for reader in readers:
        reader.cancel()
    ended = await asyncio.gather(*readers, return_exceptions=True)
    strange = [error for error in ended if error is not None and not isinstance(error, asyncio.CancelledError)]
    expect(not strange, f"reading answers failed: {strange[:1]!r}")
    expect(set(joined) <= {NONE, REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER, GROUP_FULL}, f"answers by error: {dict(joined)}")
    return f"answers by error: {dict(joined)}"


@case(connections=20, extra=budget.GROUP_SHARDS * budget.SHARD_PROTOCOL_BYTES)
async def join_floods(world):
    """thousands of groups of one member each, whose metadata fills memory several times over if it were all kept"""
    # Long enough that none of them ends before the bound is met.
    metadata, session_ms, begin = os.urandom(200000), int(4000 * world.patience), time.monotonic()
    joined = collections.Counter()

    async def flood(number):
        peer = await Peer.connect(world.node)
        for group in range(100):
            try:
                joined[join_error(await peer.ask(header(JOIN_GROUP, 3) + join_body(f"flood-{number}-{group}", metadata, session_ms=session_ms, rebalance_ms=session_ms)))] += 1
            except Closed:
                joined["closed"] += 1
                peer = await Peer.connect(world.node)
        peer.leave()

    await asyncio.gather(*(flood(number) for number in range(20)))
    expect_equal(set(joined), {NONE, GROUP_FULL}, "kinds of answers: some are taken and what is above the bound is refused")
    # What is taken goes with its session, and makes room for as much again.
    kept, lives = joined[NONE] * len(metadata), 1 + (time.monotonic() - begin) / (session_ms / 1000)
    expect(kept <= lives * budget.GROUP_SHARDS * budget.SHARD_PROTOCOL_BYTES, f"{kept} bytes of metadata were taken in {lives:.1f} sessions' time")
    return f"{20 * 100 * len(metadata) // MIB} MiB of metadata, answers by error: {dict(joined)}"


@case(connections=20, extra=32 * MIB)
async def producer_id_floods(world):
    """producer ids by the ten thousand, and batches of each of thousands of producers"""
    ids = []

    async def flood():
        peer = await Peer.connect(world.node)
        for _ in range(50):
            await peer.send(framed(header(INIT_PRODUCER_ID, 1) + init_body()) * 50)
            for _ in range(50):
                error, producer = init_answer(await peer.answer())
                expect_equal(error, 0, "error of InitProducerId")
                ids.append(producer)
        peer.leave()

    await asyncio.gather(*(flood() for _ in range(20)))
    expect_equal(len(set(ids)), len(ids), "distinct producer ids")
    if "pids" not in world.topics:
        await create(world, ["pids"])

    async def produce_all(own):
        peer = await Peer.connect(world.node)
        for begin in range(0, len(own), 50):
            some = own[begin : begin + 50]
            await peer.send(b"".join(framed(produce_request("pids", batch(record(0, b"x"), producer=(producer, 0, 0)), acks=1)) for producer in some))
            for _ in some:
                expect_equal(struct.unpack_from(">h", await peer.answer(), 4 + 4 + 2 + 4 + 4 + 4)[0], 0, "error of a produce")
        peer.leave()

    writers = ids[:10000]
    await asyncio.gather(*(produce_all(writers[number::20]) for number in range(20)))
    return f"{len(ids)} producer ids, {len(writers)} producers in one partition"


# A quarter of a kilobyte for each partition of a session, and twice that for each of a large fetch that runs: eight do at once.
@case(connections=100, extra=budget.SESSION_PARTITIONS * 256 + 8 * (budget.REQUEST_BYTES // 28) * 512)
async def fetch_sessions(world):
    """fetch sessions opened and dropped by the hundred thousand, and some of as many partitions as a request holds"""
    small = framed(header(FETCH, 11) + fetch_body([("good", 0, 1 << 40, 1)], session=(0, 0)))
    partitions = (budget.REQUEST_BYTES - 200) // 28
    large = framed(header(FETCH, 11) + fetch_body([("none-such", index, 0, 1) for index in range(partitions)], session=(0, 0)))
    opened = collections.Counter()

    async def open_small():
        peer = await Peer.connect(world.node)
        for _ in range(50):
            await peer.send(small * 50)
            for _ in range(50):
                opened["kept" if session_of(await peer.answer()) else "not kept"] += 1
        leave_all([peer], world.random)

    async def open_large():
        peer = await Peer.connect(world.node)
        for _ in range(6):
            await peer.send(large)
            head = await peer.exactly(4 + 4 + 4 + 2 + 4)
            opened["large, kept" if struct.unpack_from(">i", head, 14)[0] else "large, not kept"] += 1
            await peer.exactly(struct.unpack_from(">i", head)[0] - 14)
        leave_all([peer], world.random)

    await spread([open_large() for _ in range(8)], 8)
    await spread([open_small() for _ in range(40)], 20)
    expect(opened["kept"] > 0 and opened["large, kept"] > 0, f"no session was opened: {dict(opened)}")
    expect(opened["kept"] + opened["large, kept"] <= budget.SESSION_SLOTS, f"more sessions than slots: {dict(opened)}")
    expect(opened["large, kept"] * partitions <= budget.SESSION_PARTITIONS, f"more partitions than all sessions may have: {dict(opened)}")
    return f"sessions of one partition: {opened['kept']} kept, {opened['not kept']} not; of {partitions}: {opened['large, kept']} kept, {opened['large, not kept']} not"


@case(connections=120, extra=16 * MIB)
async def parked_fetches(world):
    """more fetches than there is memory for that wait a minute for records which do not come"""
    if "quiet" not in world.topics:
        await create(world, ["quiet"], partitions=90)
    peers = await crowd(world.node, 120)
    waiting = framed(header(FETCH, 11) + fetch_body([("quiet", index, 0, 1) for index in range(90)], max_wait_ms=60000, min_bytes=1))
    await asyncio.gather(*(peer.send(waiting) for peer in peers))
    excess, answers = len(peers) - budget.FEW_PLACES // 90, 0

    async def count(peer):
        nonlocal answers
        while True:
            expect_equal(struct.unpack_from(">h", await peer.answer(), 4 + 4)[0], 0, "error of a fetch that gave way")
            answers += 1

    # Who waits longest makes room; nobody is closed, and no more are answered than there is want of.
    reading = [asyncio.create_task(count(peer)) for peer in peers]
    try:
        deadline = time.monotonic() + 20 * world.patience
        while answers < excess:
            expect(time.monotonic() < deadline, f"{answers} fetches of {len(peers)} gave way, and {excess} are too many")
            await asyncio.sleep(0.1)
        closed = await outlive(world, peers, 3)
    finally:
        for task in reading:
            task.cancel()
        ended = await asyncio.gather(*reading, return_exceptions=True)
    broken = [error for error in ended if not isinstance(error, asyncio.CancelledError)]
    if broken:
        raise Failure(f"a fetch that waits was ended: {broken[0]!r}")
    # Each that finds no room asks for some, and perhaps once more while others come first.
    expect(answers <= 3 * excess, f"{answers} fetches gave way, and {excess} would have done")
    expect_equal(closed, 0, "connections closed")
    leave_all(peers, world.random)
    return f"{len(peers)} fetches of 90 partitions that wait, places for {budget.FEW_PLACES} partitions, {answers} gave way"


@case(connections=100)
async def giant_metadata(world):
    """Metadata requests that name as many topics as fit, on many connections, hardly read"""
    names = [f"{index:x}" for index in range(150000)]
    request = framed(header(METADATA, 4) + metadata_body(names))
    expect(len(request) < budget.REQUEST_BYTES, "the request is too large")
    peers = await crowd(world.node, 60, receive_bytes=65536)
    sizes = []

    async def ask(peer, times):
        """As a client does: whoever is too slow, for the machine has other work, is cut off and asks again."""
        while times:
            try:
                await peer.send(request)
                sizes.append(await peer.passed_over())
                times -= 1
            except Closed:
                peer.leave()
                peer = await Peer.connect(world.node, receive_bytes=65536)
        peer.leave()

    async def all_read():
        try:
            await asyncio.wait_for(asyncio.gather(*(ask(peer, 2) for peer in peers[:10])), 25 * world.patience)
        except asyncio.TimeoutError:
            raise Failure(f"those who read got {len(sizes)} of 20 answers within {25 * world.patience:.0f} s") from None

    async def never_read(peer):
        try:
            await asyncio.wait_for(peer.send(request * 4), 6)
        except (Closed, asyncio.TimeoutError):
            pass

    results = await asyncio.gather(all_read(), *(never_read(peer) for peer in peers[10:]), return_exceptions=True)
    leave_all(peers[10:], world.random)
    broken = [error for error in results if isinstance(error, BaseException)]
    if broken:
        raise broken[0]
    expect_equal(len(sizes), 20, "answers read")
    expect(min(sizes) > 10 * len(names), f"an answer of {min(sizes)} bytes does not name {len(names)} topics")
    return f"{len(names)} names a request, {len(sizes)} answers of {max(sizes, default=0) / MIB:.1f} MiB read"


TOPICS_MOST = 10000


def topic_names(world):
    return [f"mischief-{index:05}" for index in range(world.topic_count)]


# The image, the log and the metrics of one partition, with what its allocator keeps.
PARTITION_BYTES = 24 * 1024


async def create(world, names, partitions=1):
    peer = await Peer.connect(world.node)
    errors = create_errors(await peer.ask(header(CREATE_TOPICS, 2) + create_body(names, partitions)))
    peer.leave()
    expect_equal(set(errors), {0}, "errors of CreateTopics")
    world.topics += names


@case(connections=20, extra=TOPICS_MOST * PARTITION_BYTES)
async def thousands_of_topics(world):
    """topics by the thousand created on ten connections at once, and all of them asked for by many"""
    begin = time.monotonic()
    await have_topics(world)
    created = time.monotonic() - begin
    peers = await crowd(world.node, 20)

    async def ask(peer):
        return [len(await peer.ask(header(METADATA, 4) + metadata_body())) for _ in range(5)]

    sizes = [size for some in await asyncio.gather(*map(ask, peers)) for size in some]
    leave_all(peers)
    expect(min(sizes) > 30 * world.topic_count, f"an answer of {min(sizes)} bytes does not name {world.topic_count} topics")
    return f"{world.topic_count} created in {created:.1f} s, {len(sizes)} answers of {max(sizes) / MIB:.1f} MiB"


async def have_topics(world):
    names = topic_names(world)
    if names[0] not in world.topics:
        await spread((create(world, names[start : start + 100]) for start in range(0, len(names), 100)), 10)


@case(connections=200, setup=have_topics)
async def pipelines_never_read(world):
    """hundreds of requests with large answers on each of many connections, none of them ever read"""
    peers = await crowd(world.node, 200, receive_bytes=65536)
    requests = framed(header(METADATA, 4) + metadata_body()) * 500
    for peer in peers:
        peer.send_some(requests)
    large = asyncio.create_task(answered(world, header(METADATA, 4) + metadata_body(), 30, "Metadata of all topics"))
    closed = await outlive(world, peers, 5)
    waited = await large
    leave_all(peers, world.random)
    return f"{len(peers)} connections with 500 requests for all topics each, {closed} of them cut off; one who reads was answered after {waited:.1f} s"


@case(connections=20, setup=have_topics)
async def topics_deleted(world):
    """all those topics deleted on ten connections at once"""

    async def delete(names):
        peer = await Peer.connect(world.node)
        errors = delete_errors(await peer.ask(header(DELETE_TOPICS, 1) + delete_body(names)))
        peer.leave()
        expect_equal(set(errors), {0}, "errors of DeleteTopics")

    names = topic_names(world)
    begin = time.monotonic()
    await spread((delete(names[start : start + 100]) for start in range(0, len(names), 100)), 10)
    deleted = time.monotonic() - begin
    gone = set(names)
    world.topics = [name for name in world.topics if name not in gone]
    folder = os.path.join(world.node.data, "log")
    deadline = time.monotonic() + 60 * world.patience
    while left := [name for name in os.listdir(folder) if name.startswith("mischief-")]:
        expect(time.monotonic() < deadline, f"{len(left)} directories of deleted topics are left")
        await asyncio.sleep(0.2)
    return f"answered in {deleted:.1f} s, the last file gone after {time.monotonic() - begin:.1f} s"
