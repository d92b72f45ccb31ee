"""What `make demo` runs: the flights example on real data, then the questions one would ask of it.

Every line that starts with `$` is a command one can type again in `examples/flights`.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parent / "flights"
BINARIES = Path(sys.executable).parent
LONGEST = 300
"""Seconds that one command may take."""

TABLES = [
    (
        "Fifteen tables, from the year's 336,776 departures to the reports.",
        "earmark job execute -j refresh_all --tags reason=demo",
    ),
    ("Which tables lead to a person?", "earmark asset list tag:pii=true"),
    ("The five reports as one DuckDB file.", "earmark job execute -j publish_reports --tags reason=demo"),
]
HISTORY = [
    (
        "A quarter of a year, day by day, and then its months: a backfill is queued, and a host works it off.",
        "earmark backfill launch --select group:calendar --partition-range 2013-01-01...2013-03-31"
        " --tags reason=demo --wait",
    ),
]
QUESTIONS = [
    ("What was run for the demo, and how did it end?", "earmark run list tag:reason=demo"),
    ("What would start itself, if it were switched on?", "earmark schedule list"),
]

NEXT = """
All of that is recorded, and stays: tables in {data}, runs and events in {home}.

To see it in the browser:

  cd {project}
  {earmark} dev

and open http://127.0.0.1:3000. Then, with the mouse:

  Assets      press `true` under pii, then a table: its first rows, its picture, what it is made from
  Runs        press `demo` under reason: every run above; at Backfills, the quarter as strips of days and months
  Jobs        refresh_weather, Launch: add a tag of your own, and watch the steps
  Automation  switch on this_day_in_2013, or preview what it would do; follow keeps tables fresh
  Tags        every key, its values, and what carries them

Or go on in the shell, in the same folder:

  earmark asset materialize --select '+tag:domain=weather'    the weather, and all that it is made from
  earmark run list 'tag:reason=demo -status:succeeded'        what went wrong, if anything did
  earmark tags list                                           every tag, and on how many things it is
"""


def main() -> int:
    """Run the story, command by command; stop at the first that fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("EARMARK_", "DAGSTER_"))}
    environment["PATH"] = f"{BINARIES}{os.pathsep}{environment.get('PATH', '')}"
    # The home is the project's own. It is named here, so that not every command says so.
    environment["EARMARK_HOME"] = str(PROJECT / ".earmark")
    try:
        tell(TABLES, environment)
        with host(environment):
            tell(HISTORY, environment)
        tell(QUESTIONS, environment)
    except subprocess.CalledProcessError as failed:
        print(f"\nThat command ended with exit code {failed.returncode}.", file=sys.stderr)
        return failed.returncode
    except subprocess.TimeoutExpired:
        print(f"\nThat command did not end within {LONGEST} s.", file=sys.stderr)
        return 1
    here = {
        "data": PROJECT / "data",
        "home": PROJECT / ".earmark",
        "project": PROJECT,
    }
    places = {name: os.path.relpath(path) for name, path in here.items()}
    print(NEXT.format(earmark=os.path.relpath(BINARIES / "earmark", PROJECT), **places))
    return 0


def tell(story: list[tuple[str, str]], environment: Mapping[str, str]) -> None:
    """Run commands, each after the question it answers."""
    for why, command in story:
        print(f"\n# {why}\n$ {command}", flush=True)
        subprocess.run(shlex.split(command), cwd=PROJECT, env=environment, check=True, timeout=LONGEST)


@contextmanager
def host(environment: Mapping[str, str]) -> Iterator[None]:
    """Have the queue worked off meanwhile. Where a host works on the home already, a second one ends at once."""
    working = subprocess.Popen(["earmark", "daemon"], cwd=PROJECT, env=environment, stderr=subprocess.PIPE, text=True)
    assert working.stderr is not None
    for line in working.stderr:
        if "code location loaded" in line:
            break
    try:
        yield
    finally:
        working.terminate()
        working.communicate()


if __name__ == "__main__":
    sys.exit(main())
