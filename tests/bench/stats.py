"""Ratios of pairs, and how sure they are.

Owns: the median of the pairs' ratios, its bootstrap interval (90 %), whether a goal is met, how two builds differ. Pure, so that
--check can prove it.
"""

import random
import statistics
from dataclasses import dataclass

RESAMPLES = 2000
SHARE = 0.9
# Pairs between whose legs the disk changed its mood by more than this are no pairs.
MOODS = 1.5
# A goal is judged from so many pairs on, where others used no more of the processors than this.
PAIRS_LEAST = 7
OTHERS_MOST = 0.1


@dataclass(frozen=True)
class Ratio:
    """Ours by the peer's: the median of the pairs, and the interval that holds it in nine of ten resamples."""

    median: float
    low: float
    high: float
    pairs: int


def ends(medians):
    medians, edge = sorted(medians), (1 - SHARE) / 2
    return medians[int(edge * RESAMPLES)], medians[int((1 - edge) * RESAMPLES) - 1]


def resampled(values, chance):
    return statistics.median(chance.choices(values, k=len(values)))


def ratio(pairs):
    """`pairs` are (ours, peer's); a peer's zero makes no ratio."""
    values = [ours / theirs for ours, theirs in pairs if theirs]
    if not values:
        return None
    # The same pairs give the same interval.
    chance = random.Random(len(values))
    return Ratio(statistics.median(values), *ends(resampled(values, chance) for _ in range(RESAMPLES)), len(values))


def change(before, after):
    """After by before, of values that are no pairs: each side is resampled by itself."""
    if not before or not after or min(before) <= 0:
        return None
    chance = random.Random(len(before) + len(after))
    low, high = ends(resampled(after, chance) / resampled(before, chance) for _ in range(RESAMPLES))
    return Ratio(statistics.median(after) / statistics.median(before), low, high, min(len(before), len(after)))


def steady(moods):
    """Whether the disk was in one mood all the time."""
    return max(moods) <= MOODS * min(moods)


def meets(found, goal, better):
    """A goal is met only where the whole interval lies on its good side."""
    return found.high <= goal if better == "less" else found.low >= goal


def doubt(dose, pairs, others_cpu_share):
    """Why a goal cannot be judged; none if it can."""
    if dose != "full":
        return f"the {dose} dose"
    if pairs < PAIRS_LEAST:
        return f"{pairs} pairs"
    if others_cpu_share > OTHERS_MOST:
        return f"others used {others_cpu_share:.0%} of the processors"
    return None


def self_check():
    """Some truths, by which --check sees that the arithmetic is right."""
    one = ratio([(2.0, 4.0)] * 8)
    assert (one.median, one.low, one.high, one.pairs) == (0.5, 0.5, 0.5, 8)
    wide = ratio([(1.0, 1.0), (2.0, 1.0), (3.0, 1.0), (4.0, 1.0), (5.0, 1.0)])
    assert wide.median == 3.0 and 1.0 <= wide.low < 3.0 < wide.high <= 5.0
    assert meets(one, 0.5, "less") and meets(one, 0.5, "more") and not meets(wide, 3.0, "less") and not meets(wide, 3.0, "more")
    assert ratio([(1.0, 0.0)]) is None
    half = change([4.0] * 8, [2.0] * 5)
    assert (half.median, half.low, half.high, half.pairs) == (0.5, 0.5, 0.5, 5)
    apart = change([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    assert apart.median == 2.0 and apart.low < 2.0 < apart.high
    assert change([0.0, 1.0], [1.0]) is None and change([], [1.0]) is None
    assert steady([100, 149]) and not steady([100, 151])
    assert doubt("full", 7, 0.1) is None
    assert all(doubt(*why) for why in (("quick", 8, 0.0), ("full", 6, 0.0), ("full", 8, 0.11)))
