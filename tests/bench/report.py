"""The table of ratios and its chart.

Owns: what is shown of the legs. A row with a wrong answer shows why it is void, and no figure.
"""

import statistics
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
        limits = [one["limits"] for one in legs.of(row.number) if one["kind"] == "limits"]
        pairs = [] if voids else legs.pairs(row.number)
        ours = medians([ours for ours, _, _ in pairs])
        found.append({
            "row": row.number, "title": row.title, "column": row.world.name, "peer": row.peer, "notes": [note for note in (row.without_peer, row.notes) if note],
            "void": voids[-1] if voids else None, "limits": limits[-1] if limits else {},
            "limit_goal": row.limit_goal,
            "limit_share": (row.limit_share(ours, limits[-1]) or None) if ours and limits else None,
            "figures": [one for one in (figure(goal, pairs, row.world.waits_for_disk) for goal in row.goals) if one],
            # Everything that was measured, for who wants to look.
            "ours": ours, "peers": medians([theirs for _, theirs, _ in pairs]),
        })
    return found


def medians(all_figures):
    names = dict.fromkeys(name for figures in all_figures for name in figures)
    return {name: statistics.median(figures[name] for figures in all_figures if name in figures) for name in names}


def figure(goal, pairs, waits_for_disk):
    there = [(ours[goal.figure], theirs.get(goal.figure), is_steady or not waits_for_disk) for ours, theirs, is_steady in pairs if goal.figure in ours]
    if not there:
        return None
    steady = [(ours, theirs) for ours, theirs, is_steady in there if is_steady]
    used = steady or [(ours, theirs) for ours, theirs, _ in there]
    both = [(ours, theirs) for ours, theirs in used if theirs is not None]
    ratio, alone = stats.ratio(both), stats.ratio([(ours, 1.0) for ours, _ in used])
    return {
        "figure": goal.figure, "better": goal.better, "goal": goal.bound, "goal_ours": goal.ours,
        "ours": alone.median, "peer": statistics.median(theirs for _, theirs in both) if both else None,
        "ratio": ratio and {"median": ratio.median, "low": ratio.low, "high": ratio.high, "pairs": ratio.pairs},
        "disk_was_steady": bool(steady), "pairs_left_out": len(there) - len(used),
        "met": ratio and goal.bound and stats.meets(ratio, goal.bound, goal.better),
        "met_ours": goal.ours and stats.meets(alone, goal.ours, goal.better),
    }


def goal_text(one, is_full):
    """The goal, and at the full dose whether it is met."""
    sign = "≤" if one["better"] == "less" else "≥"
    said = []
    if one["goal"]:
        said.append(f"ratio {sign} {number(one['goal'])}" + verdict(one["met"], is_full))
    if one["goal_ours"]:
        said.append(f"ours {sign} {number(one['goal_ours'])}" + verdict(one["met_ours"], is_full))
    return "; ".join(said)


def verdict(is_met, is_full):
    return (": met" if is_met else ": missed") if is_full else ""


def table(found, probe, run):
    is_full = run["dose"] == "full"
    lines = [
        f"Dose: {run['dose']}. {probe['cores']} cores, {probe['processor']}, {probe['memory']}, kernel {probe['kernel']}, {probe['file_system']}; "
        f"16 KiB flushed in {probe['flush_16k_micros']:.0f} µs; others used {probe['others_cpu_share']:.0%} of the processors. All clients on loopback.",
        "",
        "| row | figure | ours | peer | ours : peer (90 %) | pairs | goal |",
        "| --- | --- | ---: | ---: | --- | ---: | --- |",
    ]
    notes = []
    for row in found:
        title = f"**{row['row']}** {row['title']} ({row['column']}; {row['peer']})"
        if row["void"]:
            lines.append(f"| {title} | VOID: {' '.join(row['void'].split())[:200]} | | | | | |")
            continue
        if not row["figures"]:
            lines.append(f"| {title} | not measured | | | | | |")
        for index, one in enumerate(row["figures"]):
            ratio = one["ratio"]
            shown = f"{number(ratio['median'])} ({number(ratio['low'])} – {number(ratio['high'])})" if ratio else "–"
            shown += "" if one["disk_was_steady"] else " ~"
            cells = [title if index == 0 else "", one["figure"], number(one["ours"]), number(one["peer"]), shown, str(ratio["pairs"] if ratio else 0), goal_text(one, is_full)]
            lines.append("| " + " | ".join(cells) + " |")
        if row["limit_share"]:
            goal = row["limit_goal"]
            judged = f"ours ≥ {goal:.0%}" + verdict(row["limit_share"] >= goal, is_full) if goal else ""
            lines.append(f"|  | of the limit in the same run | {row['limit_share']:.0%} |  |  |  | {judged} |")
        notes += [f"Row {row['row']}: {note}." for note in row["notes"]]
    if any(not one["disk_was_steady"] for row in found for one in row["figures"]):
        notes.append("~: the disk changed its mood within every pair.")
    return "\n".join([*lines, *([""] if notes else []), *notes])


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
