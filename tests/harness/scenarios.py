"""Runs scenarios side by side and says what each proved.

A scenario is a function; the first line of its doc string is what it proves. Scenarios share one broker and use topics and
groups of their own. All are run, also after a failure.
"""

import concurrent.futures
import sys
import threading
import time
import traceback

_lock = threading.Lock()


def say(text):
    with _lock:
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def scenario_set():
    """A list to collect scenarios in, and the decorator that does it."""
    found = []

    def scenario(function):
        found.append(function)
        return function

    return found, scenario


def refuse_unknown(words, scenarios):
    """Ends the run if a word is in no scenario's name: a run of nothing must not pass."""
    for word in words:
        if not any(word in one.__name__ for one in scenarios):
            names = " ".join(sorted(one.__name__ for one in scenarios))
            raise SystemExit(f"there is no scenario whose name holds '{word}'; there are: {names}")


def run_all(scenarios, world, threads=3, only=()):
    """Runs all, or those whose name holds one of `only`; returns the names that failed."""
    chosen = [one for one in scenarios if not only or any(word in one.__name__ for word in only)]
    failed = []
    done = 0

    def one(function):
        begin = time.monotonic()
        proves = (function.__doc__ or function.__name__).strip().splitlines()[0]
        try:
            detail = function(world)
        except BaseException as error:
            return function.__name__, proves, time.monotonic() - begin, None, error
        return function.__name__, proves, time.monotonic() - begin, detail, None

    def results():
        if threads == 1:
            # In the caller's thread: a process ends with the thread that started it, and these may start one to stay.
            yield from map(one, chosen)
            return
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            for future in concurrent.futures.as_completed([pool.submit(one, function) for function in chosen]):
                yield future.result()

    for name, proves, seconds, detail, error in results():
        done += 1
        if error is None:
            say(f"[{done}/{len(chosen)}] ok {name} ({seconds:.1f} s): {proves}" + (f" [{detail}]" if detail else ""))
            continue
        failed.append(name)
        say(f"[{done}/{len(chosen)}] FAILED {name} ({seconds:.1f} s): {proves}")
        with _lock:
            traceback.print_exception(error, limit=6, file=sys.stdout)
            sys.stdout.flush()
    return failed
