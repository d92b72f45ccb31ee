"""The tokens that open the API and the UI."""

from __future__ import annotations

from typing import Any

from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from earmark.server.tokens import create_token, list_tokens, revoke_token
from earmark.server.verbs import Caller, Here, admin, note, require_unnarrowed
from earmark.store.records import AccessToken
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvariantViolationError
from earmark.views.faults import NotFoundError
from earmark.views.listing import whole
from earmark.views.shapes.common import Page
from earmark.views.shapes.session import TokenMade, TokenRequest, TokenRow

_DAY = 86_400_000_000


@get("/api/tokens", guards=[admin], sync_to_thread=True)
def tokens(pages: Here) -> Page[TokenRow]:
    """List tokens, the oldest first; of their secrets only hashes are kept."""
    return whole([_row(token) for token in list_tokens(pages.store)])


@post("/api/tokens", guards=[admin], sync_to_thread=True)
def make_token(pages: Here, access: Caller, data: JSONBody[TokenRequest]) -> TokenMade:
    """Make a token. Its text stands in this answer and nowhere else."""
    require_unnarrowed(access, "A token")
    until = None if data.days is None else Micros(pages.store.clock() + data.days * _DAY)
    kept, text = create_token(pages.store, data.owner, data.role, narrowed_to=data.narrowed_to, expires_at=until)
    note(pages, access, "token.create", kept.id, f"{data.role} for {kept.owner}, {data.narrowed_to or 'of all runs'}")
    row = _row(kept)
    return TokenMade(**{name: getattr(row, name) for name in row.__struct_fields__}, token=text)


@delete("/api/tokens/{token_id:str}", guards=[admin], sync_to_thread=True)
def drop_token(pages: Here, access: Caller, token_id: FromPath[str]) -> None:
    """Let a token hold no longer, nor any session that it opened."""
    require_unnarrowed(access, "A token")
    try:
        revoke_token(pages.store, token_id)
    except DagsterInvariantViolationError as error:
        raise NotFoundError(error.message, token=token_id) from error
    note(pages, access, "token.revoke", token_id)


def _row(token: AccessToken) -> TokenRow:
    data: dict[str, Any] = token.data
    return TokenRow(
        id=token.id,
        owner=token.owner,
        role=data["role"],
        narrowed_to=data["narrowed_to"],
        created_at=token.created_at,
        expires_at=token.expires_at,
    )


HANDLERS = [tokens, make_token, drop_token]
