"""The small budgets that the broker is given here, and what follows from them for its memory."""

import os

MIB = 1 << 20

REQUEST_BYTES = MIB
QUEUED_BYTES = 16 * MIB
ANSWER_BYTES = 16 * MIB
FETCH_BYTES = 8 * MIB
TAIL_BYTES = 8 * MIB
CONNECTIONS_PER_ADDRESS = 4000
IDLE_MS = 6000
SESSION_SLOTS = 1000
# Bounds that are no configuration: partitions of all fetch sessions, bytes of members' protocols in one shard of groups.
SESSION_PARTITIONS = 500_000
SHARD_PROTOCOL_BYTES = 32 * MIB
# Fetches of few partitions that may run or wait, one for each half kilobyte of a quarter of the memory for requests.
FEW_PLACES = QUEUED_BYTES // 512 // 4
GROUP_SHARDS = 4

PROPERTIES = {
    "socket.request.max.bytes": REQUEST_BYTES,
    "queued.max.request.bytes": QUEUED_BYTES,
    "strata.queued.max.response.bytes": ANSWER_BYTES,
    "fetch.max.bytes": FETCH_BYTES,
    "strata.log.tail.bytes": TAIL_BYTES,
    "strata.log.journal.bytes": 32 * MIB,
    "strata.cache.memory.bytes": 4 * MIB,
    "max.connections": 2 * CONNECTIONS_PER_ADDRESS,
    "max.connections.per.ip": CONNECTIONS_PER_ADDRESS,
    "connections.max.idle.ms": IDLE_MS,
    "max.incremental.fetch.session.cache.slots": SESSION_SLOTS,
    "group.min.session.timeout.ms": 1000,
    # Groups without members and offsets go at the next of these checks.
    "offsets.retention.check.interval.ms": 1000,
    "auto.create.topics.enable": "false",
    "log.retention.ms": -1,
    "log.retention.check.interval.ms": 500,
    "log.segment.delete.delay.ms": 100,
    "log.segment.bytes": 4 * MIB,
}

# What the broker may take above its quiet memory whatever is done to it: requests, answers and tails within their budgets,
# and what its allocator keeps of them.
ARENAS = os.cpu_count() + 2
BASE = QUEUED_BYTES + ANSWER_BYTES + TAIL_BYTES + ARENAS * 6 * MIB
# The task, the buffers and the entry in tables of one connection.
CONNECTION = 16 * 1024
