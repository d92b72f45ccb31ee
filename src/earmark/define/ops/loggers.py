"""Loggers of jobs, by name: where the lines of ``context.log`` go besides the log of the run."""

from __future__ import annotations

import copy
import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, overload

import msgspec

from earmark.define.config.config_mapping import configured_type
from earmark.define.config.config_type import load
from earmark.define.config.schema import Field, as_config_type
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvalidInvocationError, caller_location

LoggerFn = Callable[..., logging.Logger]

_USER = "earmark.user"
_RUNNING: ContextVar[logging.Logger | None] = ContextVar("running_step_log", default=None)


class InitLoggerContext(msgspec.Struct, frozen=True):
    """What a logger's function is given. :func:`build_init_logger_context` makes one for tests.

    Args:
        logger_config: The logger's configuration.
        logger_def: The logger.
        job_def: The job.
        run_id: The run.

    Example:
        >>> build_init_logger_context(logger_config={"log_level": "INFO"}).logger_config
        {'log_level': 'INFO'}
    """

    logger_config: Any = None
    logger_def: LoggerDefinition | None = None
    job_def: Any = None
    run_id: str | None = None


class LoggerDefinition:
    """A logger of a job. Made by :func:`logger`.

    Args:
        logger_fn: A function of an :class:`InitLoggerContext` that returns a :class:`logging.Logger`.
        config_schema: The schema of its configuration.
        description: Text for people.

    Example:
        >>> import logging
        >>> quiet = LoggerDefinition(lambda context: logging.Logger("quiet", logging.ERROR))
        >>> quiet.make(None).name
        'quiet'
    """

    def __init__(self, logger_fn: LoggerFn, config_schema: Any = None, description: str | None = None) -> None:
        if not callable(logger_fn):
            raise DagsterInvalidDefinitionError(
                f"A logger is made by a function of its context, not by {logger_fn!r}.", where=caller_location()
            )
        self.logger_fn = logger_fn
        self.config_schema = config_schema
        self.description = description
        self.config_type = None if config_schema is None else as_config_type(config_schema)

    def make(self, config: Any, *, job_def: Any = None, run_id: str | None = None) -> logging.Logger:
        """Return the logger for one run.

        Args:
            config: Its part of the run's configuration, under ``loggers.NAME.config``.
            job_def: The job.
            run_id: The run.

        Raises:
            DagsterInvalidConfigError: The configuration does not fit.
            DagsterInvalidDefinitionError: The function returned something else.
        """
        loaded = config
        if self.config_type is not None:
            given = {} if config is None and self.config_type.spec.fills_itself else config
            loaded = load(self.config_type, given, "a logger", ("loggers",))
        made = self.logger_fn(InitLoggerContext(loaded, self, job_def, run_id))
        if not isinstance(made, logging.Logger):
            raise DagsterInvalidDefinitionError(f"A logger's function returned {made!r}, not a logging.Logger.")
        return made

    def configured(
        self, config_or_config_fn: Any, config_schema: Any = None, description: str | None = None
    ) -> LoggerDefinition:
        """Return the same logger with its configuration given, or made by a function from an outer one.

        Raises:
            DagsterInvalidDefinitionError: There is a schema, but no function to use it.
        """
        made = copy.copy(self)
        made.config_type = configured_type(self.config_schema, config_or_config_fn, config_schema)
        made.config_schema = made.config_type
        made.description = description or self.description
        return made

    def __call__(self, *args: Any) -> Any:
        """Call the function with a context, for tests; with a function, make a logger of it."""
        if len(args) != 1 or not (args[0] is None or isinstance(args[0], InitLoggerContext)):
            raise DagsterInvalidInvocationError(
                "A logger is called with one argument, its context.",
                hint="Pass build_init_logger_context(...), or None.",
                where=caller_location(),
            )
        context = args[0] or InitLoggerContext()
        return self.make(context.logger_config, job_def=context.job_def, run_id=context.run_id)


@overload
def logger(config_schema: LoggerFn) -> LoggerDefinition: ...
@overload
def logger(config_schema: Any = None, description: str | None = None) -> Callable[[LoggerFn], LoggerDefinition]: ...
def logger(config_schema: Any = None, description: str | None = None) -> Any:
    """Make a logger of a function of an :class:`InitLoggerContext` that returns a :class:`logging.Logger`.

    Args:
        config_schema: The schema of its configuration.
        description: Text for people; the function's docstring if ``None``.

    Example:
        >>> import logging
        >>> @logger({"level": str})
        ... def to_stderr(context):
        ...     return logging.Logger("mine", context.logger_config["level"])
        >>> to_stderr(build_init_logger_context(logger_config={"level": "ERROR"})).level
        40
    """

    def decorate(function: LoggerFn, schema: Any = None) -> LoggerDefinition:
        return LoggerDefinition(function, schema, description or function.__doc__)

    if callable(config_schema) and not isinstance(config_schema, type):
        return decorate(config_schema)
    return lambda function: decorate(function, config_schema)


def build_init_logger_context(logger_config: Any = None, job_def: Any = None) -> InitLoggerContext:
    """Return an :class:`InitLoggerContext` to call a logger with in a test.

    Example:
        >>> colored_console_logger(build_init_logger_context(logger_config={"name": "mine"})).name
        'mine'
    """
    return InitLoggerContext(logger_config, None, job_def)


class JsonLogFormatter(logging.Formatter):
    """Writes each line as one JSON object of the record's fields; what JSON cannot hold, by its ``repr``.

    Example:
        >>> import logging
        >>> record = logging.LogRecord("mine", logging.INFO, "f.py", 3, "hello", None, None)
        >>> '"msg": "hello"' in JsonLogFormatter().format(record)
        True
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        fields = dict(record.__dict__)
        if record.exc_info:
            fields["exc_info"] = self.formatException(record.exc_info)
        fields["msg"] = record.getMessage()
        fields["args"] = None
        return json.dumps(fields, default=repr, sort_keys=True)


class _Colored(logging.Formatter):
    """One line per record, the level in colour where a person is likely to read it."""

    _COLORS: Mapping[int, str] = {logging.WARNING: "33", logging.ERROR: "31", logging.CRITICAL: "1;31"}

    def __init__(self, *, colored: bool) -> None:
        super().__init__("%(asctime)s - %(name)s - %(levelname)s - %(message)s", "%Y-%m-%d %H:%M:%S %z")
        self._colored = colored

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        color = self._COLORS.get(record.levelno)
        return f"\x1b[{color}m{line}\x1b[0m" if self._colored and color else line


_CONSOLE = {
    "log_level": Field(str, is_required=False, default_value="INFO", description="Lines below it are left out."),
    "name": Field(str, is_required=False, default_value="earmark", description="The name of the logger."),
}


def _console(context: InitLoggerContext, formatter: logging.Formatter) -> logging.Logger:
    made = logging.Logger(context.logger_config["name"], context.logger_config["log_level"].upper())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    made.addHandler(handler)
    return made


colored_console_logger = LoggerDefinition(
    lambda context: _console(context, _Colored(colored=sys.stderr.isatty())),
    _CONSOLE,
    "Lines for people, on stderr.",
)
"""Lines for people, on stderr; in colour on a terminal."""

json_console_logger = LoggerDefinition(
    lambda context: _console(context, JsonLogFormatter()), _CONSOLE, "Lines of JSON, on stderr."
)
"""Lines of JSON, on stderr."""


def default_loggers() -> Mapping[str, LoggerDefinition]:
    """Return the loggers that can be configured without being defined.

    Example:
        >>> list(default_loggers())
        ['console']
    """
    return {"console": colored_console_logger}


def default_system_loggers(instance: Any = None) -> Sequence[tuple[LoggerDefinition, Mapping[str, Any]]]:
    """Return the loggers of runs whose job names none, each with its configuration.

    Example:
        >>> [config["name"] for _, config in default_system_loggers()]
        ['earmark']
    """
    return [(colored_console_logger, {"name": "earmark", "log_level": "DEBUG"})]


class _ToRunningStep(logging.Handler):
    """Hands lines to the log of the step that runs here; outside of steps they go where unconfigured lines go."""

    def emit(self, record: logging.LogRecord) -> None:
        running = _RUNNING.get()
        if running is not None:
            running.handle(record)
            return
        last = logging.lastResort
        if last is not None and not logging.getLogger().handlers and record.levelno >= last.level:
            last.handle(record)


def get_dagster_logger(name: str | None = None) -> logging.Logger:
    """Return a logger for code that has no context at hand; inside a step, its lines become events of the run.

    Args:
        name: A name under ``earmark.user``.

    Example:
        >>> get_dagster_logger("cleaning").name
        'earmark.user.cleaning'
    """
    root = logging.getLogger(_USER)
    if not any(isinstance(handler, _ToRunningStep) for handler in root.handlers):
        root.addHandler(_ToRunningStep())
        root.setLevel(logging.DEBUG)
    return root if name is None else logging.getLogger(f"{_USER}.{name}")


@contextmanager
def step_log(log: logging.Logger) -> Iterator[None]:
    """Make ``log`` take the lines of :func:`get_dagster_logger` meanwhile, in this thread or task."""
    token = _RUNNING.set(log)
    try:
        yield
    finally:
        _RUNNING.reset(token)
