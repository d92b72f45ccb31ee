"""``context.log``: a logger whose lines become events of the run."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any

from earmark.events.kinds import Logged

Emit = Callable[[Logged], None]


class DagsterLogManager(logging.Logger):
    """A logger like any other; each line becomes an event of the run, and goes to the job's own loggers.

    Example:
        >>> from earmark import build_op_context
        >>> build_op_context().log.isEnabledFor(20)
        True
    """

    def __init__(
        self,
        emit: Emit | None = None,
        *,
        level: int = logging.DEBUG,
        loggers: tuple[logging.Logger, ...] = (),
        tags: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__("earmark", level=level)
        self._emit = emit
        self._loggers = loggers
        self.logging_tags = dict(tags or {})
        self.propagate = False

    def handle(self, record: logging.LogRecord) -> None:
        """Record one line."""
        message = record.getMessage()
        if record.exc_info:
            message = f"{message}\n{logging.Formatter().formatException(record.exc_info)}"
        if self._emit is not None:
            self._emit(Logged(record.levelno, message, record.name))
        for logger in self._loggers:
            if logger.isEnabledFor(record.levelno):
                logger.handle(record)

    def log_dagster_event(self, level: int | str, msg: str, dagster_event: Any = None) -> None:
        """Record a line, by the name that older code uses."""
        number = logging.getLevelName(level) if isinstance(level, str) else level
        self.log(number if isinstance(number, int) else logging.INFO, msg)


def console_logger(name: str = "earmark", level: int = logging.INFO) -> logging.Logger:
    """Return a logger that writes one line per message to stderr."""
    logger = logging.Logger(name, level)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
    logger.addHandler(handler)
    return logger
