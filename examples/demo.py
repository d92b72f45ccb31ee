"""What `make demo` runs: the flights example on real data, then the questions one would ask of it.

Every line that starts with `$` is a command one can type again in `examples/flights`.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent / "flights"
BINARIES = Path(sys.executable).parent

STORY = [
    (
        "All fifteen tables, from the year's 336,776 departures to the reports.",
        "earmark job execute -j refresh_all --tags reason=demo",
    ),
    ("Which tables lead to a person?", "earmark asset list tag:pii=true"),
    ("The five reports as one DuckDB file.", "earmark job execute -j publish_reports --tags reason=demo"),
    ("What was run for the demo, and how did it end?", "earmark run list tag:reason=demo"),
]

NEXT = """
The tables are parquet files in {data}; runs and events are in {home}.

Try next, in {project}:
  earmark job execute -j refresh_weather                      the weather, and what it is made from
  earmark run list 'tag:domain=weather status:succeeded'      the runs of that domain
  earmark tags list                                           every tag, and on how many things it is
  earmark dev                                                 the same in the browser; it prints its address
(earmark is {earmark})
"""


def main() -> int:
    """Run the story, command by command; stop at the first that fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("EARMARK_", "DAGSTER_"))}
    environment["PATH"] = f"{BINARIES}{os.pathsep}{environment.get('PATH', '')}"
    for why, command in STORY:
        print(f"\n# {why}\n$ {command}", flush=True)
        outcome = subprocess.run(shlex.split(command), cwd=PROJECT, env=environment, check=False)
        if outcome.returncode != 0:
            print(f"\nThat command ended with exit code {outcome.returncode}.", file=sys.stderr)
            return outcome.returncode
    here = {
        "data": PROJECT / "data",
        "home": PROJECT / ".earmark",
        "project": PROJECT,
        "earmark": BINARIES / "earmark",
    }
    print(NEXT.format(**{name: os.path.relpath(path) for name, path in here.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
