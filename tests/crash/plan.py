"""Which point the broker dies at, which time it comes there, and in which episode.

Owns: the list of points (asked of the binary, so that it cannot go stale), the order in which a seed takes them. Does not own:
how a point is reached (`episode.py`).
"""

import random
import re

from harness.process import expect, run
from harness.world import STRATA

DEATHS_PER_EPISODE = 8
# Every so many episodes one keeps its objects in MinIO instead of a directory.
MINIO_EVERY = 4
# Highest hit at which to strike; others are passed often.
NTH_MAX = {
    "abandon": 1,
    "begin": 4,
    "clean-stop": 1,
    "directory-delete": 3,
    "directory-remove": 3,
    "extent": 4,
    "forget": 3,
    "page-put": 3,
    "page-write": 3,
    "raft-purge": 2,
    "recovery": 1,
    "snapshot": 2,
    "vote": 2,
}
OFTEN_MAX = 12
# Passed by the first start of a node only: a lone voter that was elected once is not elected again.
AT_FORMATION = ("vote",)
# Passed by every start, also by the first one on an empty directory.
AT_START = ("raft-append", "recovery")
# Reached only where somebody else can lay hands on the objects.
IN_DIRECTORY = ("abandon",)
# A start after a death passes these, too: the death strikes while it recovers.
AT_RECOVERY = (*AT_START, "extent", "segment-create", "journal.write", "reserve", "put", "commit", "mark", "object-delete", "file-remove")


def points():
    """All names, as the binary lists them when it is given an unknown one."""
    _, _, err = run([STRATA, "server", "--config", "none"], env={"STRATA_CRASH_POINT": "?"}, check=False)
    listed = re.search(r"no crash point is named \"\?\"; there are: (.+)", err)
    expect(listed, f"the binary does not list its crash points: {err}")
    return listed.group(1).split()


def kind(point):
    """The step that a point stands beside."""
    return point.rsplit(".", 1)[0]


def nth(chance, cycle, point):
    """The first hit, then the second, then any."""
    most = NTH_MAX.get(kind(point), OFTEN_MAX)
    return min(cycle + 1, most) if cycle < 2 else chance.randint(1, most)


class Plan:
    """The deaths of a seed, in order: every point once before any comes again."""

    def __init__(self, seed, rounds, only=None, fixed_nth=None):
        self.seed, self.only, self.fixed_nth = seed, only, fixed_nth
        self.names = [only] if only else points()
        self.rounds = rounds or len(self.names)

    @property
    def episodes(self):
        return -(-self.rounds // DEATHS_PER_EPISODE)

    def deaths(self, episode):
        """(point, nth) of one episode."""
        first = episode * DEATHS_PER_EPISODE
        return [self._death(number) for number in range(first, min(first + DEATHS_PER_EPISODE, self.rounds))]

    def _death(self, number):
        cycle, index = divmod(number, len(self.names))
        order = sorted(self.names)
        random.Random(f"{self.seed}/order/{cycle}").shuffle(order)
        chance = random.Random(f"{self.seed}/death/{number}")
        return order[index], self.fixed_nth or nth(chance, cycle, order[index])

    def uses_minio(self, episode):
        in_directory = any(kind(point) in IN_DIRECTORY for point, _ in self.deaths(episode))
        return episode % MINIO_EVERY == MINIO_EVERY - 1 and not in_directory
