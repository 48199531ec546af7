"""Ratios of pairs, and how sure they are.

Owns: the median of the pairs' ratios, its bootstrap interval (90 %), whether a goal is met. Pure, so that --check can prove it.
"""

import random
import statistics
from dataclasses import dataclass

RESAMPLES = 2000
SHARE = 0.9
# Pairs between whose legs the disk changed its mood by more than this are no pairs.
MOODS = 1.5


@dataclass(frozen=True)
class Ratio:
    """Ours by the peer's: the median of the pairs, and the interval that holds it in nine of ten resamples."""

    median: float
    low: float
    high: float
    pairs: int


def ratio(pairs):
    """`pairs` are (ours, peer's); a peer's zero makes no ratio."""
    values = [ours / theirs for ours, theirs in pairs if theirs]
    if not values:
        return None
    # The same pairs give the same interval.
    chance = random.Random(len(values))
    medians = sorted(statistics.median(chance.choices(values, k=len(values))) for _ in range(RESAMPLES))
    edge = (1 - SHARE) / 2
    return Ratio(statistics.median(values), medians[int(edge * RESAMPLES)], medians[int((1 - edge) * RESAMPLES) - 1], len(values))


def steady(moods):
    """Whether the disk was in one mood all the time."""
    return max(moods) <= MOODS * min(moods)


def meets(found, goal, better):
    """A goal is met only where the whole interval lies on its good side."""
    return found.high <= goal if better == "less" else found.low >= goal


def self_check():
    """Some truths, by which --check sees that the arithmetic is right."""
    one = ratio([(2.0, 4.0)] * 8)
    assert (one.median, one.low, one.high, one.pairs) == (0.5, 0.5, 0.5, 8)
    wide = ratio([(1.0, 1.0), (2.0, 1.0), (3.0, 1.0), (4.0, 1.0), (5.0, 1.0)])
    assert wide.median == 3.0 and 1.0 <= wide.low < 3.0 < wide.high <= 5.0
    assert meets(one, 0.5, "less") and meets(one, 0.5, "more") and not meets(wide, 3.0, "less") and not meets(wide, 3.0, "more")
    assert ratio([(1.0, 0.0)]) is None
    assert steady([100, 149]) and not steady([100, 151])
