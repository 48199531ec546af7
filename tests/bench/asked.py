"""What `tests/bench/run` is asked for: its words are checked before anything is built or measured.

Owns: options, which of them go together, their values. Does not own: the rows there are, and what is done (`main.py`).
"""

import argparse
import re

import machine

MEASURE, LOOK, CHECK, LIST = "measure", "look", "check", "list"
# Each is a thing of its own, and one is enough; so is `--compare BUILD`.
ACTIONS = ("anew", "table", "publish", "builds", "list", "check")
# What these show does not depend on rows, dose or pairs.
WITHOUT_MORE = ("list", "check")


def size(text):
    if not re.fullmatch(r"[1-9][0-9]*[mgMG]", text):
        raise argparse.ArgumentTypeError(f"'{text}' is no size: write 512m or 4g")
    # One size, one name: what was measured with 1g is found again with 1G.
    return text.lower()


def size_or_none(text):
    return text if text == "none" else size(text)


def pairs(text):
    if not re.fullmatch(r"[0-9]*[02468]", text) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of pairs: they come in twos (A-B-B-A), so 2, 4, 8 and so on")
    return int(text)


def build(text):
    before, colon, after = text.partition(":")
    if not before or (colon and not after):
        raise argparse.ArgumentTypeError(f"'{text}' names no build: write A, or A:B for two; --builds names them")
    return text


def options(words):
    usage = "tests/bench/run [OPTIONS] [ROW...]; --help tells more"
    parser = argparse.ArgumentParser(prog="tests/bench/run", add_help=False, allow_abbrev=False, usage=usage)
    parser.add_argument("rows", nargs="*")
    parser.add_argument("--quick", action="store_true")
    actions = parser.add_mutually_exclusive_group()
    for name in ACTIONS:
        actions.add_argument(f"--{name}", action="store_true")
    actions.add_argument("--compare", type=build)
    parser.add_argument("--pairs", type=pairs)
    parser.add_argument("--heap", type=size, default="1g")
    parser.add_argument("--memory", type=size_or_none, default="4g")
    # For `run`, which builds what that needs.
    parser.add_argument("--tell-mode", action="store_true")
    found = parser.parse_args(words)
    for name in WITHOUT_MORE:
        if getattr(found, name) and (found.rows or found.quick or found.pairs):
            parser.error(f"--{name} takes no rows, and neither --quick nor --pairs")
    if found.pairs and mode(found) != MEASURE:
        parser.error("--pairs says how much is measured, and nothing would be")
    if found.publish and found.quick:
        parser.error("only what was measured at the full dose is published: --publish goes without --quick")
    memory = machine.bytes_of(found.memory)
    if memory and machine.bytes_of(found.heap) * 2 > memory:
        # Compiled code, threads and buffers outside of the heap come on top.
        parser.error(f"a heap of {found.heap} wants twice as much: --memory {found.memory} is too little")
    return found


def mode(found):
    if found.list:
        return LIST
    if found.check:
        return CHECK
    return LOOK if found.table or found.publish or found.builds or found.compare else MEASURE
