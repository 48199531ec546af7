"""Mutation testing of the parts that decide: which mutants there are, what became of each, what is still to be tried.

Owns: the list of mutated files, a copy of the tree in which they are mutated one at a time, results that outlive a run. Does
not own: making mutants (cargo-mutants), why survivors are harmless (`survivors.md`).

A result holds for the bytes of the mutated file, but for its tests. It is written when it is known, so a run may end at any time. Tests that were
added since are tried on what survived; what was caught is taken as caught until `--anew`.
"""

import argparse
import collections
import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(os.environ["STRATA_ROOT"])
WORK = pathlib.Path(os.environ["STRATA_MUTANTS"])
RESULTS = pathlib.Path(os.environ["STRATA_CAMPAIGNS"]) / "mutants"
HERE = ROOT / "tests" / "mutants"

# Directory of a package, its name, files (all of `src` where none is named).
PACKAGES = {
    "broker/core": ("strata-broker-core", None),
    "metadata/core": ("strata-metadata-core", None),
    "tiering": ("strata-tiering", ["copy_plan.rs", "commit.rs", "retention_plan.rs"]),
}
# Which tests of a package are tried; fewer can only let more survive. The rest of tiering's are about stores and take minutes.
TESTS = {
    "broker/core": ["--lib"],
    "metadata/core": ["--lib", "--test", "model"],
    "tiering": ["--lib"],
}
NAMED = {"tiering": ["copy_plan::", "commit::", "retention_plan::"]}
# Models run small doses, and nobody reads what a failure would be shrunk to.
DOSE = {
    "STRATA_MODEL_SHRINK": "0",
    "PROPTEST_CASES": "64",
    "PROPTEST_MAX_SHRINK_ITERS": "0",
    "PROPTEST_DISABLE_FAILURE_PERSISTENCE": "true",
    "PROPTEST_RNG_SEED": "7",
    "RUST_BACKTRACE": "0",
}
SEEDS = {"broker/core": "100", "metadata/core": "8", "tiering": "8"}
# Quick builds of what is mutated, and of what it uses, count for more than quick tests. All else is built as everywhere.
UNOPTIMISED = ["strata-compat", "strata-cache", *(name for name, _ in PACKAGES.values())]
OUTCOMES = ("caught", "timeout", "missed", "unviable")
# Of wall time, for what hangs without computing; what computes for ever ends by its CPU time (see `limited`).
TEST_SECONDS_MAX = 600
BUILD_SECONDS_MAX = 900
CPU_FACTOR = 6
CPU_SECONDS_MIN = 20


def say(text):
    print(time.strftime("%H:%M:%S"), text, flush=True)


def die(text):
    sys.exit(f"tests: {text}")


def mutated_files(package):
    """Production files of a package: neither tests nor what only tests use."""
    source = ROOT / package / "src"
    _, names = PACKAGES[package]
    if names is not None:
        return [f"{package}/src/{name}" for name in names]
    found = []
    for path in sorted(source.rglob("*.rs")):
        inner = path.relative_to(source).parts
        if "tests" not in inner and inner[-1] != "tests.rs" and not inner[-1].startswith("model"):
            found.append(str(path.relative_to(ROOT)))
    return found


class Results:
    """What became of the mutants of one file."""

    def __init__(self, path, root=ROOT):
        self.file = path
        self.store = RESULTS / (path.replace("/", "+") + ".tsv")
        mutated = re.split(r"^#\[cfg\(test\)\]\nmod tests\b", (root / path).read_text(), flags=re.MULTILINE)[0]
        self.digest = hashlib.sha256(mutated.rstrip().encode()).hexdigest()
        self.known = {}
        if self.store.exists():
            first, *lines = self.store.read_text().splitlines()
            if first == self.digest:
                self.known = {mutant: outcome for outcome, mutant in (line.split("\t", 1) for line in lines)}

    def take(self, directory):
        """Takes over what cargo-mutants has written of its run so far."""
        for outcome in OUTCOMES:
            path = directory / "mutants.out" / f"{outcome}.txt"
            if path.exists():
                self.known.update({mutant: outcome for mutant in path.read_text().splitlines()})
        RESULTS.mkdir(parents=True, exist_ok=True)
        fresh = self.store.with_suffix(".new")
        fresh.write_text("".join([self.digest + "\n", *(f"{it[1]}\t{it[0]}\n" for it in sorted(self.known.items()))]))
        fresh.replace(self.store)

    def forget(self):
        self.known = {}
        self.store.unlink(missing_ok=True)

    def settled(self):
        return {mutant for mutant, outcome in self.known.items() if outcome != "missed"}


class Tree:
    """A copy of the checkout, in which one file at a time is mutated."""

    def __init__(self, package, shard):
        parts = ["tree", package or "", shard or ""]
        self.root = WORK / "-".join(part.replace("/", "-") for part in parts if part)
        self.root.mkdir(parents=True, exist_ok=True)
        self.lock = open(self.root.with_suffix(".lock"), "w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            die(f"another run works in {self.root}")
        host = re.search(r"^host: (.*)$", output(["rustc", "-vV"]), re.MULTILINE).group(1)
        runner = "CARGO_TARGET_" + host.upper().replace("-", "_") + "_RUNNER"
        self.environment = {**os.environ, **DOSE, runner: f"bash {HERE / 'limited'}"}
        self.cpu_seconds = {}

    def sync(self):
        """Brings the copy up to date; unchanged files keep their times, so that little is built again."""
        listed = output(["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        wanted = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
        present = set()
        for directory, inner, names in os.walk(self.root):
            inner[:] = [name for name in inner if name != "target"]
            present.update(os.path.relpath(os.path.join(directory, name), self.root) for name in names)
        config = pathlib.Path(".cargo", "config.toml")
        for name in present - wanted - {str(config)}:
            (self.root / name).unlink()
        (self.root / config).parent.mkdir(exist_ok=True)
        (self.root / config).write_text(
            "".join(f"[profile.release.package.{name}]\nopt-level = 0\n" for name in UNOPTIMISED)
        )
        for name in sorted(wanted):
            origin, copy = ROOT / name, self.root / name
            if not copy.exists() or copy.read_bytes() != origin.read_bytes():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(origin, copy)
                shutil.copymode(origin, copy)

    def baseline(self, package):
        """Builds and runs the tests unchanged. How long they may compute with a mutant; `None` if they fail."""
        if package in self.cpu_seconds:
            return self.cpu_seconds[package]
        environment = {**self.environment, "STRATA_MODEL_SEEDS": SEEDS[package]}
        command = ["cargo", "test", "--profile=release", "--package", PACKAGES[package][0], *TESTS[package]]
        for arguments in (["--no-run"], ["--", *NAMED.get(package, [])]):
            before = os.times()
            process = subprocess.Popen(
                command + arguments, cwd=self.root, env=environment, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, start_new_session=True,
            )
            with ended(process):
                told, _ = process.communicate()
            after = os.times()
            if process.returncode != 0:
                say(f"the tests of {package} fail as they are:\n{told[-4000:]}")
                self.cpu_seconds[package] = None
                return None
        computed = after.children_user + after.children_system - before.children_user - before.children_system
        self.cpu_seconds[package] = max(CPU_SECONDS_MIN, round(CPU_FACTOR * computed))
        say(f"{package}: {computed:.1f} s of CPU unchanged")
        return self.cpu_seconds[package]

    def run(self, results, package, shard):
        """Tries every mutant of a file that is not settled; returns whether it could."""
        cpu_seconds = self.baseline(package)
        if cpu_seconds is None:
            return False
        directory = self.root.parent / (self.root.name + "-output")
        shutil.rmtree(directory, ignore_errors=True)
        (directory / "mutants.out").mkdir(parents=True)
        (directory / "mutants.out" / "previously_caught.txt").write_text(
            "".join(mutant + "\n" for mutant in sorted(results.settled()))
        )
        command = [
            "cargo", "mutants", "--in-place", "--iterate", "--output", str(directory), "--package", PACKAGES[package][0],
            "--file", results.file, "--profile", "release", "--baseline", "skip", "--timeout", str(TEST_SECONDS_MAX),
            "--build-timeout", str(BUILD_SECONDS_MAX), "--no-times", "--colors", "never",
            *(f"--cargo-arg={argument}" for argument in TESTS[package]), *(["--shard", shard] if shard else []),
            "--", "--", *NAMED.get(package, []),
        ]
        limits = {"STRATA_MUTANTS_CPU_SECONDS": str(cpu_seconds), "STRATA_MODEL_SEEDS": SEEDS[package]}
        environment = {**self.environment, **limits}
        process = subprocess.Popen(
            command, cwd=self.root, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        with ended(process):
            while process.poll() is None:
                time.sleep(2)
                results.take(directory)
        results.take(directory)
        # 0: all caught, 2: some missed, 3: some timed out.
        if process.returncode not in (0, 2, 3):
            die(f"cargo-mutants ended with {process.returncode} on {results.file}: see {directory}")
        return True


@contextlib.contextmanager
def ended(process):
    """Leaves nothing of a process and its children behind, however the block ends."""
    try:
        yield
    finally:
        if process.poll() is None:
            # cargo-mutants ends what it has started by itself.
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def output(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, **options).stdout


def list_mutants(package, files):
    """Mutants of these files by file, as they are named in results."""
    wanted = [argument for name in files for argument in ("--file", name)]
    listed = output(["cargo", "mutants", "--list", "--package", PACKAGES[package][0], *wanted], cwd=ROOT)
    by_file = {name: [] for name in files}
    for mutant in listed.splitlines():
        by_file[mutant.split(":", 1)[0]].append(mutant)
    return by_file


def without_position(mutant):
    path, _, _, what = mutant.split(":", 3)
    return f"{path}: {what.strip()}"


def report(mutants):
    """Prints the table; returns whether every survivor is explained."""
    text = HERE / "survivors.md"
    explained = collections.Counter(re.findall(r"^- `([^`]+\.rs: .*)`", text.read_text() if text.exists() else "", re.MULTILINE))
    total = collections.Counter()
    unexplained = []
    print(f"{'file':58}{'mutants':>8}{'caught':>8}{'missed':>8}{'harmless':>9}{'unviable':>9}{'untried':>8}{'%':>7}")
    for name, listed in mutants.items():
        known = Results(name).known
        count = collections.Counter(known.get(mutant, "untried") for mutant in listed)
        count["caught"] += count.pop("timeout", 0)
        for mutant in listed:
            if known.get(mutant) == "missed":
                if explained[without_position(mutant)] > 0:
                    explained[without_position(mutant)] -= 1
                    count["harmless"] += 1
                else:
                    unexplained.append(mutant)
        print_row(name, count, len(listed))
        total += count
    print_row("all", total, sum(len(listed) for listed in mutants.values()))
    for mutant in unexplained:
        print(f"survives: {mutant}")
    return not unexplained


def print_row(name, count, listed):
    tried = count["caught"] + count["missed"] - count["harmless"]
    percent = f"{100 * count['caught'] / tried:.1f}" if tried else "-"
    figures = f"{count['caught']:>8}{count['missed']:>8}{count['harmless']:>9}{count['unviable']:>9}{count['untried']:>8}"
    print(f"{name:58}{listed:>8}{figures}{percent:>7}")


def main():
    parser = argparse.ArgumentParser(prog="tests/mutants/run")
    parser.add_argument("--package", choices=PACKAGES)
    parser.add_argument("--file")
    parser.add_argument("--shard", type=lambda text: text if re.fullmatch(r"\d+/\d+", text) else die("--shard K/N"))
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--anew", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    packages = [options.package] if options.package else list(PACKAGES)
    mutants, package_of = {}, {}
    for package in packages:
        files = [name for name in mutated_files(package) if (options.file or "") in name]
        if files:
            found = {name: listed for name, listed in list_mutants(package, files).items() if listed}
            mutants.update(found)
            package_of.update(dict.fromkeys(found, package))
    if not mutants:
        die("no mutant is in such a file")
    could = True
    if not options.report:
        tree = Tree(options.package, options.shard)
        tree.sync()
        for name in sorted(mutants, key=lambda name: len(mutants[name])):
            results = Results(name, tree.root)
            if options.anew:
                results.forget()
            if set(mutants[name]) - results.settled():
                say(f"{name}: {len(set(mutants[name]) - results.settled())} of {len(mutants[name])} to be tried")
                could &= tree.run(results, package_of[name], options.shard)
    sys.exit(0 if report(mutants) and could else 1)


if __name__ == "__main__":
    main()
