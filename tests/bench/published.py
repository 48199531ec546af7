"""The figures that the repository keeps: the latest of each row that was measured at the full dose, whichever build that was.

Owns: `results/`, its table and its chart. Does not own: what is measured, or what of it is good enough (`main.py`).
"""

import json
import os

import report

DIRECTORY = os.path.join(os.path.dirname(__file__), "results")
RESULTS, TABLE, CHART = "results.json", "table.md", "chart.svg"


def rows(directory=DIRECTORY):
    """What is there: a summary of each row, with the machine and the build that it is of."""
    path = os.path.join(directory, RESULTS)
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return json.load(file)


def headings(found):
    """The machine and the build of all rows, each told once with the rows it is of."""
    machines = {}
    for row in found:
        builds = machines.setdefault(tuple(report.machine_lines(row["probe"], row["run"])), {})
        builds.setdefault(report.build_line(row["probe"], row["run"]), []).append(row["row"])
    lines = []
    for machine, builds in machines.items():
        told = [f"- {'Rows' if numbers[1:] else 'Row'} {', '.join(numbers)}: {build}" for build, numbers in builds.items()]
        lines += [*machine, "", *told, ""]
    return lines


def publish(found, order, directory=DIRECTORY):
    """Puts these rows, each with its machine (`probe`) and its build (`run`), among those that are there, in the place of an earlier one
    of the same number; the names of the files."""
    there = {row["row"]: row for row in [*rows(directory), *found]}
    kept = [there[number] for number in order if number in there]
    os.makedirs(directory, exist_ok=True)
    contents = {RESULTS: json.dumps(kept, indent=1), TABLE: report.table(kept, headings(kept)), CHART: report.chart(kept)}
    for name, content in contents.items():
        with open(os.path.join(directory, name), "w") as file:
            file.write(content + "\n")
    return [os.path.join(os.path.relpath(directory), name) for name in contents]
