"""What `make demo` runs: the whole project on its real data, then a few questions, asked by tag.

Nothing is hidden in here: every step is a command that is printed before it runs, so that it can be typed again.
"""

import shlex
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent
EARMARK = Path(sys.executable).with_name("earmark")
TABLES = PROJECT / "data" / "tables"


def main() -> None:
    """Runs the project and looks at it; stops with the command's own exit code where one fails."""
    say("Fifteen tables out of all departures from New York in 2013, and the checks that hold for them:")
    earmark("job", "execute", "-j", "refresh_all", "--tags", "reason=demo")

    say("Which tables lead to a person? They were labelled where they are declared, so it is a question of tags:")
    earmark("asset", "list", "tag:pii=true")

    say("The weather was measured anew? Its tables, by tag, and nothing else:")
    earmark("asset", "materialize", "--select", "tag:domain=weather", "--tags", "reason=demo")

    say("The five reports as one DuckDB file, by a job made of ops:")
    earmark("job", "execute", "-j", "publish_reports", "--tags", "reason=demo")

    say("What ran just now:")
    earmark("run", "list", "tag:reason=demo")

    tell_where_things_are()


def say(words: str) -> None:
    """One sentence about the next command, set apart from the output before it."""
    print(f"\n# {words}", flush=True)


def earmark(*arguments: str) -> None:
    """Prints a command as one would type it in the project's folder, and runs it there."""
    print(f"$ earmark {shlex.join(arguments)}", flush=True)
    done = subprocess.run([EARMARK, *arguments], cwd=PROJECT, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)


def tell_where_things_are() -> None:
    """Counts what was written, and says what to try next."""
    tables = sorted(TABLES.glob("*.parquet"))
    size = sum(table.stat().st_size for table in tables) / 1e6
    folder = PROJECT.relative_to(Path.cwd()) if PROJECT.is_relative_to(Path.cwd()) else PROJECT
    print(f"""
# Where things are
{folder}/data/tables           {len(tables)} tables as parquet, {size:.1f} MB
{folder}/data/flights.duckdb   the five reports, for any DuckDB client
{folder}/.earmark              runs, events and logs

# What to try next
cd {folder}
earmark asset list 'tag:tier=gold'
earmark asset materialize --select '+tag:domain=network' --tags reason=curious
earmark run list 'tag:reason=curious status:succeeded'
earmark tags list
and read README.md there: it says what each file shows.
""")


if __name__ == "__main__":
    main()
