"""What a long campaign has done, in a file, so that it can be taken up again.

Owns: the file, and which build its figures are of. Does not own: what a campaign does. A kept campaign goes on only with the
same plan and the very binary that it was begun with: figures of two builds would say nothing of either.
"""

import functools
import hashlib
import json
import os

from .process import run
from .world import STRATA


@functools.cache
def build():
    """Which binary is under test: what it says of itself, and the hash of its bytes."""
    with open(STRATA, "rb") as binary:
        digest = hashlib.file_digest(binary, "sha256").hexdigest()
    return {"version": run([STRATA, "--version"])[1].strip(), "sha256": digest}


def told(one):
    return f"{one.get('version')} (sha256 {str(one.get('sha256'))[:12]})"


class Kept:
    """One campaign's file: `done` is what it holds, empty for a new one."""

    def __init__(self, name, plan, anew=False, binary=None):
        folder = os.environ.get("STRATA_CAMPAIGNS", "target/campaigns")
        os.makedirs(folder, exist_ok=True)
        self.path = os.path.join(folder, f"{name}.json")
        # As it comes back out of the file.
        self.plan = json.loads(json.dumps(plan))
        self.build = binary or build()
        self.done = {}
        if os.path.exists(self.path) and not anew:
            self._take_up()

    def _take_up(self):
        with open(self.path) as file:
            kept = json.load(file)
        if kept.get("build") != self.build:
            raise SystemExit(f"{self.path} is of another build, {told(kept.get('build') or {})}, and this is {told(self.build)}: --anew begins the campaign again")
        if kept.get("plan") != self.plan:
            raise SystemExit(f"{self.path} has another plan than this campaign: --anew begins it again")
        self.done = kept["done"]

    def told(self):
        return f"{len(self.done)} were done before with this build: {self.path}"

    def add(self, name, figures):
        self.done[str(name)] = figures
        with open(f"{self.path}.new", "w") as file:
            json.dump({"build": self.build, "plan": self.plan, "done": self.done}, file, indent=1)
        os.replace(f"{self.path}.new", self.path)
