"""How a server is set up. Read once at an entry point, then passed on."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path

from earmark.runs.limits import PoolLimits, QueuePolicy
from earmark.system.serving import REQUESTS_PER_MINUTE
from earmark.system.settings import Settings
from earmark.values.ids import IdSource

BUILT_UI = Path(__file__).parent.parent / "_ui"
"""Where the built UI lies."""


def is_loopback(host: str) -> bool:
    """Say whether an address is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "local"


@dataclass(frozen=True)
class ServerOptions:
    """How a server is set up.

    Args:
        home: The home; captured output is read from its logs.
        host: The address that it is bound to. On any but loopback, callers need a token.
        settings: The settings of the instance.
        prefix: The path under which a proxy serves it, with a slash at both ends.
        allowed_hosts: Names by which it may be called, besides those of loopback; on another address, all if empty.
        instance: The name of the instance, for people.
        ui: The folder of the built UI.
        local_user: Who acts where no token is needed.
        login_required: Whether a token is needed; ``None`` says so by ``host``.
        session_seconds: How long a login holds.
        max_body: The largest body of a request, in bytes.
        requests_per_minute: How many requests of one caller are answered a minute; 0 for any number.
        threads: How many requests are worked on at once.
        metric_tags: The tag keys by which ``/metrics`` counts runs.
        wake: Called after a change that the host's loops should look at.
        cancel: Asks for the end of a run in progress; the daemon's own way if ``None``.
        new_id: Where ids come from; the system's if ``None``.
    """

    home: Path
    host: str = "127.0.0.1"
    settings: Settings = field(default_factory=Settings)
    prefix: str = "/"
    allowed_hosts: tuple[str, ...] = ()
    instance: str = "earmark"
    ui: Path = BUILT_UI
    local_user: str = field(default_factory=_os_user)
    login_required: bool | None = None
    session_seconds: float = 12 * 3600
    max_body: int = 1 << 20
    requests_per_minute: int = 0
    threads: int = 16
    metric_tags: tuple[str, ...] = ()
    wake: Callable[[], None] = lambda: None
    cancel: Callable[[str, str], None] | None = None
    new_id: IdSource | None = None

    @classmethod
    def of_settings(
        cls,
        home: Path,
        host: str,
        settings: Settings,
        *,
        wake: Callable[[], None],
        cancel: Callable[[str, str], None],
    ) -> ServerOptions:
        """Return how a server is set up by the settings of its instance, which is named after its project's folder."""
        said = settings.server
        made = cls(
            home=home,
            host=host,
            settings=settings,
            prefix=said.prefix,
            allowed_hosts=said.allowed_hosts,
            instance=home.parent.name,
            login_required=said.login_required,
            session_seconds=said.session_hours * 3600.0,
            max_body=said.max_body_bytes,
            metric_tags=said.metric_tags or tuple(policy.key for policy in settings.tag_policies),
            wake=wake,
            cancel=cancel,
        )
        usual = REQUESTS_PER_MINUTE if made.needs_token else 0
        most = usual if said.requests_per_minute is None else said.requests_per_minute
        return replace(made, requests_per_minute=most)

    @property
    def needs_token(self) -> bool:
        """Whether a token is needed."""
        return not is_loopback(self.host) if self.login_required is None else self.login_required

    @property
    def file_policy(self) -> QueuePolicy:
        """What the settings files say of limits on runs."""
        return self.settings.queue

    @property
    def file_pools(self) -> PoolLimits:
        """What the settings files say of pools."""
        return self.settings.pools
