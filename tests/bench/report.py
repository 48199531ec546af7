"""The table of ratios and its chart, and two builds side by side.

Owns: what is shown of the legs, and which goals are judged. A row with a wrong answer shows why it is void, and no figure.
"""

import statistics
from dataclasses import dataclass
from html import escape

import stats

WIDTH, LINE, LEFT, RIGHT = 980, 22, 470, 40
# Ratios from a hundredth to a hundredfold, on a scale of logarithms.
DECADES = (0.01, 0.1, 1, 10, 100)


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
            "figures": [one for one in (figure(goal, pairs, row.world.waits_for_disk, judged) for goal in row.goals) if one],
            # Everything that was measured, for who wants to look.
            "ours": medians([pair.ours for pair in pairs]), "peers": medians([pair.peers for pair in pairs]),
        })
    return found


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
        f"Dose: {run['dose']}. {probe['cores']} cores, {probe['processor']}, {probe['memory']}, kernel {probe['kernel']}, {probe['file_system']}; "
        f"16 KiB flushed in {probe['flush_16k_micros']:.0f} µs; others used {probe['others_cpu_share']:.0%} of the processors. All clients on loopback.",
        f"{budget}; the page cache is the machine's for both. {probe['pinning']}. {probe['java']}.",
        f"Ours: {run['ours']}, tree {probe['tree']}; driver: {run['driver']}; {probe['at']}.",
    ]


def title_of(row):
    return f"**{row['row']}** {row['title']} ({row['column']}; {row['peer']})"


def table(found, headings):
    lines = [
        *headings,
        "",
        "| row | figure | ours | peer | ours : peer (90 %) | pairs | goal |",
        "| --- | --- | ---: | ---: | --- | ---: | --- |",
    ]
    notes = []
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
            cells = [title if index == 0 else "", one["figure"], number(one["ours"]), number(one["peer"]), shown, str((ratio or one["alone"])["pairs"]), goal_text(one)]
            lines.append("| " + " | ".join(cells) + " |")
        lines += limit_lines(row)
        notes += [f"Row {row['row']}: {note}." for note in row["notes"]]
        if row["figures"] and row["others_cpu_share"] > stats.OTHERS_MOST:
            notes.append(f"Row {row['row']}: others used {row['others_cpu_share']:.0%} of the processors meanwhile.")
    if any(not one["disk_was_steady"] for row in found for one in row["figures"]):
        notes.append("~: the disk changed its mood within every pair.")
    return "\n".join([*lines, *([""] if notes else []), *notes])


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


def chart(found):
    """Each figure a line: the ratio and its interval, on a logarithmic scale; where the goal is; green where we are the better one."""
    figures = [(row, one) for row in found if not row["void"] for one in row["figures"] if one["ratio"] and one["ratio"]["median"] > 0]
    height = 60 + LINE * len(figures)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="10" y="18" font-weight="bold">Ours : peer, median of pairs with its 90 % interval; the mark is the goal</text>',
    ]
    for decade in DECADES:
        x = x_of(decade)
        parts.append(f'<line x1="{x:.1f}" y1="34" x2="{x:.1f}" y2="{height - 16}" stroke="{"#666666" if decade == 1 else "#dddddd"}"/>')
        parts.append(f'<text x="{x:.1f}" y="{height - 3}" text-anchor="middle" fill="#666666">{decade:g}</text>')
    for index, (row, one) in enumerate(figures):
        y = 46 + LINE * index
        ratio = one["ratio"]
        is_better = (ratio["median"] < 1) == (one["better"] == "less")
        colour = "#2a7f3f" if is_better else "#b3462e"
        label = escape(f"{row['row']} · {one['figure']} ({row['column']}; {row['peer']})")
        parts.append(f'<text x="10" y="{y + 4}">{label}</text>')
        parts.append(f'<line x1="{x_of(1):.1f}" y1="{y}" x2="{x_of(ratio["median"]):.1f}" y2="{y}" stroke="{colour}" stroke-width="10" stroke-opacity="0.35"/>')
        parts.append(f'<line x1="{x_of(ratio["low"]):.1f}" y1="{y}" x2="{x_of(ratio["high"]):.1f}" y2="{y}" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<circle cx="{x_of(ratio["median"]):.1f}" cy="{y}" r="4" fill="{colour}"/>')
        if one["goal"]:
            x = x_of(one["goal"])
            parts.append(f'<line x1="{x:.1f}" y1="{y - 8}" x2="{x:.1f}" y2="{y + 8}" stroke="#1d3f8a" stroke-width="3"/>')
        side = ratio["median"] < 1
        x = min(x_of(ratio["low"]), x_of(1)) - 6 if side else max(x_of(ratio["high"]), x_of(1)) + 6
        parts.append(f'<text x="{x:.1f}" y="{y + 4}" text-anchor="{"end" if side else "start"}" fill="{colour}">{number(ratio["median"])}</text>')
    return "\n".join([*parts, "</svg>"])
