"""``earmark token``: create, list, revoke. Tokens open the API and the UI where they are asked for."""

from __future__ import annotations

from typing import Annotated

import typer

from earmark.cli import options

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Make, list and revoke the tokens that open the API and the UI."
)


@app.command()
def create(
    owner: Annotated[str, typer.Argument(metavar="OWNER", help="Whose it is; the author of what is done with it.")],
    role: Annotated[str, typer.Option("--role", help="viewer, operator or admin.")] = "operator",
    narrowed_to: Annotated[
        str | None,
        typer.Option("--where", metavar="QUERY", help="It may touch and launch only such runs: 'tag:team=ml'."),
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, help="For how long it holds; for ever if left out.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Make a token and print it: once, since only its hash is kept."""
    from earmark.cli.hosting import note, open_home
    from earmark.cli.terminal import err, out, print_json
    from earmark.server.tokens import create_token
    from earmark.values.clock import Micros

    _, _, store = open_home(quiet=as_json)
    try:
        until = None if days is None else Micros(store.clock() + days * 86_400_000_000)
        kept, text = create_token(store, owner, role, narrowed_to=narrowed_to, expires_at=until)
        note(store, "token.create", kept.id, f"{role} for {kept.owner}{f', {narrowed_to}' if narrowed_to else ''}")
    finally:
        store.close()
    if as_json:
        print_json({"id": kept.id, "owner": kept.owner, "role": role, "token": text})
        return
    out().print(text)
    err().print(f"A token for {kept.owner} ({role}), id {kept.id}. It is not shown again.", style="dim")


@app.command("list")
def list_all(as_json: options.Json = False) -> None:
    """List the tokens, the oldest first."""
    from earmark.cli.hosting import open_home
    from earmark.cli.terminal import print_json, table, time_text
    from earmark.server.tokens import list_tokens

    _, _, store = open_home(quiet=as_json)
    try:
        tokens = list_tokens(store)
    finally:
        store.close()
    if as_json:
        print_json([{"id": t.id, "owner": t.owner, "role": t.data.get("role"), "where": t.data.get("narrowed_to"),
                     "created": t.created_at, "expires": t.expires_at} for t in tokens])  # fmt: skip
        return
    table(
        ("ID", "OWNER", "ROLE", "WHERE", "CREATED", "EXPIRES"),
        (
            (
                t.id,
                t.owner,
                str(t.data.get("role")),
                str(t.data.get("narrowed_to") or ""),
                time_text(t.created_at),
                time_text(t.expires_at) if t.expires_at else "never",
            )
            for t in tokens
        ),
        "There are no tokens. This machine needs none; others do: `earmark token create OWNER`.",
    )


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The token's id, as `token list` shows it.")],
) -> None:
    """Let a token hold no longer, nor the sessions it opened."""
    from earmark.cli.hosting import note, open_home
    from earmark.cli.terminal import out
    from earmark.server.tokens import revoke_token

    _, _, store = open_home()
    try:
        revoke_token(store, token_id)
        note(store, "token.revoke", token_id)
    finally:
        store.close()
    out().print(f"Token {token_id} is revoked.")
