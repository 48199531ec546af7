"""The gauges themselves: what breathes must pass, what leaks must not. A soak runs this first."""

import math
import random

from gauges import GAUGES, MIB, Series, too_much
from harness.process import expect, expect_equal

SECONDS = 70
LEVELS = {"heap": 50 * MIB, "anon": 60 * MIB, "rss": 90 * MIB, "files": 40, "sockets": 70, "threads": 25, "beside": 100}
# name: what a leak adds each second: a hundred connections or files that stay in the window, 200 KiB that are never freed,
# several times as much where malloc keeps some for later.
LEAKS = {"heap": 200 * 1024, "anon": 500 * 1024, "rss": 700 * 1024, "files": 1, "sockets": 0.5, "threads": 0.3, "beside": 1}


def series(leaking=None):
    """A sample a second: waves and noise of a tenth of the level, a leak in one gauge at most."""
    chance, made = random.Random(1), Series()
    for second in range(SECONDS):
        wave = math.sin(second / 7) * 0.07 + chance.uniform(-0.03, 0.03)
        one = {name: level * (1 + wave) + (LEAKS[name] * second if name == leaking else 0) for name, level in LEVELS.items()}
        made.add(second, one)
    return made


def self_check():
    expect_equal(set(LEVELS), set(GAUGES), "the gauges that are checked")
    found = too_much(series().growth(0, SECONDS))
    expect(not found, f"what only breathes is called growth: {found}")
    for name in GAUGES:
        found = too_much(series(name).growth(0, SECONDS))
        expect(len(found) == 1, f"a leak of {name} is not found, or more than it: {found}")
