"""The campaign of crash points: plans deaths, runs episodes side by side, keeps the progress, says how to repeat a failure."""

import argparse
import collections
import json
import os
import subprocess
import sys
import threading
import time
import traceback

from episode import Episode
from harness import checker_self_check
from harness.campaigns import Kept, build, told
from harness.process import dying_with_parent
from harness.scenarios import say
from harness.world import minio, workdir
from plan import Plan, points

DEFAULT_SEED = 1


def arguments():
    parser = argparse.ArgumentParser(prog="tests/run crash", description="Kills the broker at every named crash point and checks what it serves afterwards.")
    parser.add_argument("--rounds", type=int, help="deaths (default: every point once); the progress is kept and taken up again")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--point", help="this point only")
    parser.add_argument("--nth", type=int, help="with --point: the hit at which to strike")
    parser.add_argument("--episode", type=int, help="this episode only")
    parser.add_argument("--worlds", type=int, default=2, help="brokers at once (default: 2)")
    parser.add_argument("--anew", action="store_true", help="forget the progress that was kept")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.point and not options.child and options.point not in (names := points()):
        parser.error(f"there is no point '{options.point}'; there are: {' '.join(names)}")
    return options


def command(options, episode=None):
    """The one command that does the same again."""
    parts = ["tests/run", "crash", "--seed", str(options.seed)]
    for name in ("rounds", "point", "nth"):
        if getattr(options, name) is not None:
            parts += [f"--{name}", str(getattr(options, name))]
    return " ".join(parts if episode is None else [*parts, "--episode", str(episode)])


def run_episode(options, plan, number):
    """One episode in this process; the last line printed is its result."""
    deaths = plan.deaths(number)
    begin = time.monotonic()
    with workdir(f"crash-{number}") as directory:
        if plan.uses_minio(number):
            with minio(directory) as store:
                episode, records = live(directory, options, number, deaths, store)
        else:
            episode, records = live(directory, options, number, deaths, None)
    result = {
        "episode": number,
        "deaths": [f"{point}:{hit}" for point, hit in deaths],
        "reached": episode.reached,
        "kills": episode.kills,
        "acknowledged": sum(writer.number for writer in episode.clients.writers),
        "read_back": records,
        "tailed": sum(tail.records for tail in episode.clients.tails),
        "jumps": sum(tail.jumps for tail in episode.clients.tails),
        "refused": episode.refused,
        "seconds": round(time.monotonic() - begin, 1),
    }
    print(f"result {json.dumps(result)}", flush=True)


def live(directory, options, number, deaths, store):
    episode = Episode(directory, options.seed, number, store)
    try:
        return episode, episode.run(deaths, lambda text: say(f"episode {number}: {text}"))
    finally:
        episode.discard()


class Progress:
    """Episodes that are done; those of a long run are kept."""

    def __init__(self, options, plan):
        self.done, self.kept = {}, None
        if options.rounds is not None:
            name = f"crash-{options.seed}" + (f"-{options.point}" if options.point else "") + (f"-{options.nth}" if options.nth else "")
            self.kept = Kept(name, {"seed": options.seed, "points": plan.names}, options.anew)
            say(self.kept.told())
            # An episode that the run of before cut short is not the same episode.
            self.done = {int(number): result for number, result in self.kept.done.items() if len(result["deaths"]) == len(plan.deaths(int(number)))}

    def add(self, result):
        self.done[result["episode"]] = result
        if self.kept:
            self.kept.add(result["episode"], result)


class Campaign:
    def __init__(self, options, plan):
        self.options, self.plan = options, plan
        self.progress = Progress(options, plan)
        self.waiting = collections.deque(number for number in range(plan.episodes) if number not in self.progress.done)
        self.failed = []
        self.lock = threading.Lock()

    def run(self):
        threads = [threading.Thread(target=self._work) for _ in range(self.options.worlds)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self):
        while True:
            with self.lock:
                if not self.waiting:
                    return
                number = self.waiting.popleft()
            result = self._episode(number)
            with self.lock:
                if result is None:
                    self.failed.append(number)
                    print(f"episode {number} failed; again: {command(self.options, number)}", flush=True)
                else:
                    self.progress.add(result)

    def _episode(self, number):
        """Runs in a process of its own: clients keep threads for themselves."""
        again = [sys.executable, *sys.argv, "--episode", str(number), "--child"]
        # The child dies with this thread, which stays until the child has ended.
        child = subprocess.Popen(dying_with_parent(again), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        result = None
        for line in child.stdout:
            if line.startswith("result "):
                result = json.loads(line[len("result ") :])
            else:
                print(line, end="", flush=True)
        return result if child.wait() == 0 else None

    def report(self, seconds):
        done = [result for number, result in self.progress.done.items() if number < self.plan.episodes]
        total = {name: sum(result[name] for result in done) for name in ("kills", "acknowledged", "read_back", "tailed", "jumps", "refused")}
        reached = collections.Counter(point for result in done for point in result["reached"])
        missing = [name for name in self.plan.names if not reached[name]]
        say(
            f"{len(self.plan.names) - len(missing)} of {len(self.plan.names)} points reached, {sum(len(result['deaths']) for result in done)} rounds, {total['kills']} kills, "
            f"{total['acknowledged']} records acknowledged, {total['read_back']} read back after a death, {total['tailed']} replayed meanwhile with {total['jumps']} jumps to a log start, "
            f"{total['refused']} fetches below one refused, {seconds:.0f} s"
        )
        if self.failed:
            raise SystemExit("failed: " + "; ".join(command(self.options, number) for number in sorted(self.failed)))
        if self.plan.rounds >= len(self.plan.names) and not total["refused"]:
            raise SystemExit("no log start ever moved: nothing was shown of what lies below one")
        if self.plan.rounds >= len(self.plan.names) and not total["tailed"]:
            raise SystemExit("no consumer has read anything while the broker died")
        # A short run by request cannot reach all.
        if missing and self.plan.rounds >= len(self.plan.names):
            raise SystemExit(f"points that no run reached: {', '.join(missing)}")


def main():
    options = arguments()
    plan = Plan(options.seed, options.rounds, options.point, options.nth)
    if options.child:
        run_episode(options, plan, options.episode)
        # Threads of client libraries may take their time; nothing is left to do.
        sys.stdout.flush()
        os._exit(0)
    if options.episode is not None:
        run_episode(options, plan, options.episode)
        return
    begin = time.monotonic()
    checker_self_check.run()
    say(f"the binary is {told(build())}")
    campaign = Campaign(options, plan)
    campaign.run()
    campaign.report(time.monotonic() - begin)


if __name__ == "__main__":
    try:
        main()
    except Exception:
        traceback.print_exc()
        sys.exit(1)
