"""The table of ratios and its chart, and two builds side by side.

Owns: what is shown of the legs, and which goals are judged. A row with a wrong answer shows why it is void, and no figure.
"""

import statistics
from dataclasses import dataclass
from html import escape

import stats
from rows import Goal

WIDTH, LINE, TOP, LEFT, RIGHT = 1060, 22, 64, 480, 80
# Ratios from a hundredth to a hundredfold, on a scale of logarithms.
DECADES = (0.01, 0.1, 1, 10, 100)
MET, MISSED, NOT_JUDGED, WORSE = "#2a7f3f", "#c98a00", "#777777", "#b3462e"
LEGEND = (
    (MET, "goal met"),
    (MISSED, "better than the peer, goal missed"),
    (NOT_JUDGED, "better than the peer, no goal or not judged"),
    (WORSE, "worse than the peer"),
)
# What clients feel is shown wherever it was measured, also where no goal is set for it.
SHOWN_ANYWAY = (Goal("response p99 µs"),)
# Figures whose names do not say it all.
EXPLAINED = {
    "of raw group commit": "our MB/s / those of raw group commit",
    "p99 by two raw flushes and 1 ms": "our response p99 / (2 x p99 of a flush of raw group commit + 1 ms)",
    "KiB/flush": "what each flush of our journal had",
    "p99 by p99 alone": "p99 under the storm / p99 of the same broker without it, right before",
    "consumers' least by most": "what the slowest consumer got / what the fastest got: bytes in a second, in tail rows bytes when the producer ended",
}


def number(value):
    """Three significant digits, as one reads them."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"


def summarise(rows, legs):
    """For each row: its figures with medians, ratio and goal, or why there are none."""
    found = []
    for row in rows:
        voids = [one["reason"] for one in legs.of(row.number) if one["kind"] == "void"]
        pairs = [] if voids else legs.pairs(row.number)
        busy = statistics.median(pair.others_cpu_share for pair in pairs) if pairs else None
        judged = Judge(legs.run["dose"], busy)
        limits = pairs[-1].limits if pairs else {}
        found.append({
            "row": row.number, "title": row.title, "column": row.world.name, "peer": row.peer, "notes": [note for note in (row.without_peer, row.notes) if note],
            "void": voids[-1] if voids else None, "others_cpu_share": busy, "limits": limits, "limit_text": row.limit_text(limits) if limits else "",
            "limit_goal": row.limit_goal, "limit_share": limit_share(row, pairs, judged),
            "figures": [one for one in (figure(goal, pairs, row.world.waits_for_disk, judged) for goal in shown_of(row)) if one],
            # Everything that was measured, for who wants to look.
            "ours": medians([pair.ours for pair in pairs]), "peers": medians([pair.peers for pair in pairs]),
        })
    return found


def shown_of(row):
    named = {goal.figure for goal in row.goals}
    return [*row.goals, *(goal for goal in SHOWN_ANYWAY if goal.figure not in named)]


def medians(all_figures):
    names = dict.fromkeys(name for figures in all_figures for name in figures)
    return {name: statistics.median(figures[name] for figures in all_figures if name in figures) for name in names}


@dataclass(frozen=True)
class Judge:
    """Says whether a goal is met, or why it cannot be said."""

    dose: str
    others_cpu_share: float | None

    def verdict(self, ratio, goal, better):
        """(whether it is met, in words); none and why not, where it cannot be judged."""
        if not ratio or not goal:
            return None, None
        doubt = stats.doubt(self.dose, ratio.pairs, self.others_cpu_share)
        if doubt:
            return None, f"not judged ({doubt})"
        is_met = stats.meets(ratio, goal, better)
        return is_met, "met" if is_met else "missed"


def plain(ratio):
    return ratio and {"median": ratio.median, "low": ratio.low, "high": ratio.high, "pairs": ratio.pairs}


def limit_share(row, pairs, judge):
    """What of the limits of its own block each pair's figures are."""
    shares = [share for share in (row.limit_share(pair.ours, pair.limits) for pair in pairs if pair.limits) if share]
    found = stats.ratio([(share, 1.0) for share in shares])
    is_met, verdict = judge.verdict(found, row.limit_goal, "more")
    return found and {**plain(found), "values": shares, "met": is_met, "verdict": verdict}


def figure(goal, pairs, waits_for_disk, judge):
    there = [pair for pair in pairs if goal.figure in pair.ours]
    if not there:
        return None
    steady = [pair for pair in there if pair.is_steady or not waits_for_disk]
    used = steady or there
    ours = [pair.ours[goal.figure] for pair in used]
    both = [(pair.ours[goal.figure], pair.peers[goal.figure]) for pair in used if goal.figure in pair.peers]
    ratio, alone = stats.ratio(both), stats.ratio([(value, 1.0) for value in ours])
    met, verdict = judge.verdict(ratio, goal.bound, goal.better)
    met_ours, verdict_ours = judge.verdict(alone, goal.ours, goal.better)
    return {
        "figure": goal.figure, "better": goal.better, "goal": goal.bound, "goal_ours": goal.ours,
        "ours": alone.median, "peer": statistics.median(theirs for _, theirs in both) if both else None,
        "ratio": plain(ratio), "alone": plain(alone),
        # What a comparison of two builds goes by: the peer is the scale that both were held to, where there is one.
        "values": [mine / theirs for mine, theirs in both if theirs] if both else ours,
        "disk_was_steady": bool(steady), "pairs_left_out": len(there) - len(used),
        "met": met, "verdict": verdict, "met_ours": met_ours, "verdict_ours": verdict_ours,
    }


def goal_text(one):
    """The goal, and whether it is met: on the whole interval, at the full dose, from enough pairs on a quiet machine."""
    sign = "≤" if one["better"] == "less" else "≥"
    said = []
    for name, bound, verdict in (("ratio", one["goal"], one["verdict"]), ("ours", one["goal_ours"], one["verdict_ours"])):
        if bound:
            said.append(f"{name} {sign} {number(bound)}" + (f": {verdict}" if verdict else ""))
    return "; ".join(said)


def with_interval(ratio, show=None):
    show = show or number
    return f"{show(ratio['median'])} ({show(ratio['low'])} – {show(ratio['high'])})" if ratio else "–"


def machine_lines(probe, run):
    """What the figures were measured on, and what both brokers had of it."""
    heap, memory = run["heap"], run["memory"]
    budget = f"Each broker may have {memory} of memory of its own, Kafka's heap of {heap} in it" if memory != "none" else f"Kafka has a heap of {heap}; no limit of memory is set"
    return [
        f"Dose: {run['dose']}. {probe['cores']} cores, {probe['processor']}, {memory_of(probe)}, kernel {probe['kernel']}, "
        f"{file_system_of(probe)}. All clients on loopback.",
        f"{budget}; the page cache is the machine's for both. {probe['pinning']}. {probe['java']}.",
    ]


def build_line(probe, run):
    """Which build it was, what measured it and when, and how quiet the machine was at that moment."""
    return (f"our tree {probe['tree']}, binary {run['ours']}, measured by {run['driver']}, {probe['at']}; "
            f"16 KiB flushed in {probe['flush_16k_micros']:.0f} µs, others used {probe['others_cpu_share']:.0%} of the processors.")


def heading(probe, run):
    """Of a table whose rows are all of one build."""
    return [*machine_lines(probe, run), "", build_line(probe, run)]


def memory_of(probe):
    return f"{int(probe['memory'].split()[0]) / (1 << 20):.1f} GiB"


def file_system_of(probe):
    # `stat` has one name for three.
    return "ext2, ext3 or ext4" if probe["file_system"] == "ext2/ext3" else probe["file_system"]


def title_of(row):
    return f"**{row['row']}** {row['title']} ({row['column']}; {row['peer']})"


def table(found, headings):
    lines = [
        *headings,
        "",
        *score(found),
        "| row | figure | ours | peer | ours : peer (90 %) | pairs | goal |",
        "| --- | --- | ---: | ---: | --- | ---: | --- |",
    ]
    notes = ["Ours : peer is the median of the ratios of the pairs, which is not the ratio of the two medians beside it."]
    for row in found:
        title = title_of(row)
        if row["void"]:
            lines.append(f"| {title} | VOID: {' '.join(row['void'].split())[:200]} | | | | | |")
            continue
        if not row["figures"]:
            lines.append(f"| {title} | not measured | | | | | |")
        for index, one in enumerate(row["figures"]):
            ratio = one["ratio"]
            shown = with_interval(ratio) + ("" if one["disk_was_steady"] else " ~")
            first = title if index == 0 else ""
            cells = [first, one["figure"], number(one["ours"]), number(one["peer"]), shown, pairs_text(one), goal_text(one)]
            lines.append("| " + " | ".join(cells) + " |")
        lines += limit_lines(row)
        notes += [f"Row {row['row']}: {note}." for note in row["notes"]]
        if row["limit_share"] and row["limit_share"]["median"] > 1 and "receive" in row["limits"]:
            notes.append(f"Row {row['row']}: the loop asks the kernel for each frame, a broker takes several at once; so it can be faster than its limit.")
        if row["figures"] and row["others_cpu_share"] > stats.OTHERS_MOST:
            notes.append(f"Row {row['row']}: others used {row['others_cpu_share']:.0%} of the processors meanwhile.")
    if any(not one["disk_was_steady"] for row in found for one in row["figures"]):
        notes.append("~: the disk changed its mood within every pair.")
    if any(one["pairs_left_out"] for row in found for one in row["figures"]):
        notes.append("7 of 14 pairs: between the legs of the others the disk changed its mood.")
    shown = {one["figure"] for row in found if not row["void"] for one in row["figures"]}
    notes += [f"{name}: {text}." for name, text in EXPLAINED.items() if name in shown]
    return "\n".join([*lines, "", *(f"- {note}" for note in notes)])


def score(found):
    """What became of the goals of rows that have figures."""
    verdicts = [verdict for row in found for verdict in verdicts_of(row)]
    counts = {name: verdicts.count(name) for name in ("met", "missed")}
    void = [row["row"] for row in found if row["void"]]
    said = f"Goals: {len(verdicts)}; met: {counts['met']}, missed: {counts['missed']}, not judged: {len(verdicts) - sum(counts.values())}."
    return [said + (f" Void, and not counted: {' '.join(void)}." if void else ""), ""]


def verdicts_of(row):
    """For each goal whether it is met, in words; none where there was nothing to judge."""
    found = [row["limit_share"]["verdict"]] if row["limit_share"] and row["limit_goal"] else []
    for one in row["figures"]:
        found += [one[verdict] for goal, verdict in (("goal", "verdict"), ("goal_ours", "verdict_ours")) if one[goal]]
    return found


def pairs_text(one):
    used = (one["ratio"] or one["alone"])["pairs"]
    return f"{used} of {used + one['pairs_left_out']}" if one["pairs_left_out"] else str(used)


def limit_lines(row):
    """What the machine could do at most in the same run, and what our figures are of it."""
    lines, share = [], row["limit_share"]
    if row["limit_text"]:
        lines.append(f"|  | limit: {row['limit_text']} |  |  |  |  |  |")
    if share:
        lines.append(f"|  | of the limit | {with_interval(share, '{:.0%}'.format)} |  |  | {share['pairs']} | {limit_goal(row)} |")
    return lines


def limit_goal(row):
    return f"ours ≥ {row['limit_goal']:.0%}: {row['limit_share']['verdict']}" if row["limit_goal"] else ""


def side_by_side(one):
    """A figure, and its ratio; a share of a limit has only itself."""
    if "ours" in one:
        return number(one["ours"]), with_interval(one["ratio"])
    return with_interval(one, "{:.0%}".format), ""


def compared(before, after):
    """For each figure that two builds have, and for their shares of the limits: both, and how it changed on the peer's scale, or in
    itself where there is no peer."""

    def figures(row):
        shared = [{"figure": "of the limit", **row["limit_share"], "text": limit_goal(row)}] if row["limit_share"] else []
        return [] if row["void"] else [{**one, "text": goal_text(one)} for one in row["figures"]] + shared

    earlier = {(row["row"], one["figure"]): one for row in before for one in figures(row)}
    found = []
    for row in after:
        for one in figures(row):
            old = earlier.get((row["row"], one["figure"]))
            if old:
                found.append({"row": row, "before": old, "after": one, "change": plain(stats.change(old["values"], one["values"]))})
    return found


def comparison(before, after, headings):
    """Before and after, side by side."""
    lines = [
        "Before:", *headings[0], "", "After:", *headings[1], "",
        "| row | figure | before | : peer (90 %) | after | : peer (90 %) | after : before (90 %) | goal |",
        "| --- | --- | ---: | --- | ---: | --- | --- | --- |",
    ]
    last = None
    for one in compared(before, after):
        title = "" if one["row"] is last else title_of(one["row"])
        last = one["row"]
        both = [part for side in (one["before"], one["after"]) for part in side_by_side(side)]
        lines.append("| " + " | ".join([title, one["after"]["figure"], *both, with_interval(one["change"]), one["after"]["text"]]) + " |")
    for name, rows in (("Before", before), ("After", after)):
        lines += [f"{name}, row {row['row']} is VOID: {' '.join(row['void'].split())[:200]}" for row in rows if row["void"]]
    return "\n".join([*lines, "", "After : before is the change of ours : peer where there is a peer, and of ours where there is none."])


def x_of(value):
    from math import log10

    low, high = log10(DECADES[0]), log10(DECADES[-1])
    share = (log10(min(max(value, DECADES[0]), DECADES[-1])) - low) / (high - low)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def colour_of(one):
    if one["met"]:
        return MET
    is_better = (one["ratio"]["median"] < 1) == (one["better"] == "less")
    if not is_better:
        return WORSE
    return MISSED if one["met"] is False else NOT_JUDGED


def chart(found):
    """Each figure a line: the ratio and its interval, on a logarithmic scale; where the goal is; the colour says what became of it."""
    figures = [(row, one) for row in found if not row["void"] for one in row["figures"] if one["ratio"] and one["ratio"]["median"] > 0]
    height = TOP + 30 + LINE * len(figures)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="10" y="18" font-weight="bold">Ours : peer, the median of the pairs with its 90 % interval; blue: the goal. Goals on ours alone are in the table</text>',
    ]
    x = 10
    for colour, text in LEGEND:
        parts.append(f'<circle cx="{x + 5}" cy="36" r="5" fill="{colour}"/><text x="{x + 15}" y="40">{text}</text>')
        x += 35 + 6 * len(text)
    for decade in DECADES:
        x = x_of(decade)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{height - 16}" stroke="{"#666666" if decade == 1 else "#dddddd"}"/>')
        parts.append(f'<text x="{x:.1f}" y="{height - 3}" text-anchor="middle" fill="#666666">{decade:g}</text>')
    for index, (row, one) in enumerate(figures):
        y = TOP + 10 + LINE * index
        ratio, colour = one["ratio"], colour_of(one)
        label = escape(f"{row['row']} · {one['figure']}, {one['better']} is better ({row['column']}; {row['peer']})")
        parts.append(f'<g><title>{escape(row["title"])}</title><text x="10" y="{y + 4}">{label}</text>')
        parts.append(f'<line x1="{x_of(1):.1f}" y1="{y}" x2="{x_of(ratio["median"]):.1f}" y2="{y}" stroke="{colour}" stroke-width="10" stroke-opacity="0.35"/>')
        parts.append(f'<line x1="{x_of(ratio["low"]):.1f}" y1="{y}" x2="{x_of(ratio["high"]):.1f}" y2="{y}" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<circle cx="{x_of(ratio["median"]):.1f}" cy="{y}" r="4" fill="{colour}"/>')
        if one["goal"]:
            x = x_of(one["goal"])
            parts.append(f'<line x1="{x:.1f}" y1="{y - 8}" x2="{x:.1f}" y2="{y + 8}" stroke="#1d3f8a" stroke-width="3"/>')
        # In a column of its own, where it hides no mark.
        parts.append(f'<text x="{WIDTH - 10}" y="{y + 4}" text-anchor="end" fill="{colour}">{number(ratio["median"])}</text></g>')
    return "\n".join([*parts, "</svg>"])
