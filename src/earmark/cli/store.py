"""``earmark store``: show, upgrade; backup, verify and restore are in ``store_copies``."""

from __future__ import annotations

from contextlib import closing

import typer

from earmark.cli import options, store_copies
from earmark.cli.lines import Line

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Say where runs are kept, bring the store up to date, back it up, look it over, put a copy back.",
)
app.command()(store_copies.backup)
app.command()(store_copies.verify)
app.command()(store_copies.restore)


@app.command()
def show(as_json: options.Json = False) -> None:
    """Say which home and which store are used, its version, and how many runs it holds."""
    from earmark.cli.hosting import open_home
    from earmark.cli.store_copies import without_password
    from earmark.cli.terminal import out, print_json
    from earmark.store.version import CURRENT

    home, _, store = open_home(quiet=True)
    with closing(store):
        facts = {
            "home": str(home.path),
            "store": without_password(store.url),
            "version": CURRENT,
            "runs": store.runs.count(),
        }
    if as_json:
        print_json(facts)
        return
    for title, value in facts.items():
        out().print(Line((f"{title:<9}", "dim"), str(value)))


@app.command()
def upgrade() -> None:
    """Bring the store up to this version of Earmark. On SQLite that happens by itself; on PostgreSQL, only here."""
    from earmark.cli.store_copies import without_password
    from earmark.cli.terminal import out
    from earmark.store.open import open_store
    from earmark.store.version import CURRENT
    from earmark.system import clock
    from earmark.system.home import find_home
    from earmark.system.settings import read_settings

    home = find_home()
    where = read_settings(home).storage or str(home.path)
    if where.startswith(("postgresql://", "postgres://")):
        from earmark.store.migrations.upgrade import upgrade as bring_up
        from earmark.store.postgres.open import settle_here

        bring_up(where)
        settle_here(where)
    store = open_store(where, clock=clock.now)
    store.runs.seal()
    store.close()
    out().print(f"The store is of version {CURRENT}: {without_password(where)}")
