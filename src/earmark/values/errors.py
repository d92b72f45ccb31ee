"""Errors that carry facts as well as words.

Every error a person can cause says what was wrong, where it was written, what was near and what to do.
The class names are the public names of the API that Earmark follows, so ``except`` clauses keep working.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from types import FrameType
from typing import Any

import msgspec


class SourceLocation(msgspec.Struct, frozen=True):
    """A place in a user's code: an absolute file name and a line number counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def caller_location(skip_packages: tuple[str, ...] = ("earmark",)) -> SourceLocation | None:
    """Return the innermost stack frame that lies outside ``skip_packages``, or ``None`` if there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.partition(".")[0] not in skip_packages:
            return SourceLocation(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return None


def nearest(word: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Return up to ``limit`` of the ``known`` words that resemble ``word``, the closest first."""
    import difflib  # only errors need it, and it takes a while to load

    candidates = list(known)
    close = difflib.get_close_matches(word, candidates, n=limit, cutoff=0.6)
    if close:
        return close
    folded = {candidate.casefold(): candidate for candidate in candidates}
    return [folded[name] for name in difflib.get_close_matches(word.casefold(), folded, n=limit, cutoff=0.6)]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the nearest known words, or an empty string."""
    return meant(nearest(word, known))


def meant(near: Sequence[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for words, or an empty string if there are none."""
    return f" Did you mean {' or '.join(repr(name) for name in near)}?" if near else ""


class DagsterError(Exception):
    """The root of every error that Earmark raises on purpose.

    Args:
        message: One or more sentences for a person: what was wrong and what was expected.
        where: The place in the user's code that caused it, if known.
        hint: What to do about it, as a sentence.
        **facts: Whatever a program may want to read: the key, the value, the rule.
    """

    def __init__(
        self,
        message: str = "",
        *,
        where: SourceLocation | None = None,
        hint: str | None = None,
        **facts: Any,
    ) -> None:
        self.message = message
        self.where = where
        self.hint = hint
        self.facts = facts
        super().__init__(message)

    def __str__(self) -> str:
        parts = [self.message]
        if self.hint:
            parts.append(self.hint)
        if self.where is not None:
            parts.append(f"(at {self.where})")
        return " ".join(part for part in parts if part)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.args, self.__dict__))


def _rebuild(cls: type[DagsterError], args: tuple[Any, ...], state: dict[str, Any]) -> DagsterError:
    error = cls.__new__(cls)
    Exception.__init__(error, *args)
    error.__dict__.update(state)
    return error


class DagsterUserCodeExecutionError(DagsterError):
    """User code raised. ``user_exception`` is what it raised; the traceback is on ``__cause__``."""

    def __init__(self, message: str = "", *, user_exception: BaseException | None = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.user_exception = user_exception


class DagsterInvalidDefinitionError(DagsterError):
    """A definition contradicts itself or another one."""


class InvalidTagError(DagsterInvalidDefinitionError):
    """A tag's key or value breaks a rule. ``facts`` holds ``key``, ``value`` and ``rule`` where they apply."""


class TagPolicyError(InvalidTagError):
    """What is to be launched breaks a policy about tags that is enforced; ``facts['findings']`` has each breach."""


class DagsterInvalidInvocationError(DagsterError):
    """A definition was called in a way its signature does not allow."""


class DagsterInvariantViolationError(DagsterError):
    """An API was used out of order or with arguments that do not go together."""


class ScheduleExecutionError(DagsterUserCodeExecutionError):
    """A function of a schedule raised while a tick was evaluated."""


class DagsterInvalidSubsetError(DagsterError):
    """A selection names something that the job or the graph does not have."""


class DagsterInvalidMetadata(DagsterError):
    """A value cannot be metadata. ``facts['value_type']`` names its type."""


class DagsterInvalidConfigError(DagsterError):
    """Run configuration does not fit its schema. ``errors`` lists each fault with its path."""

    def __init__(self, message: str = "", errors: Iterable[Any] = (), config_value: Any = None) -> None:
        super().__init__(message)
        self.errors = list(errors)
        self.config_value = config_value


class DagsterInvalidConfigDefinitionError(DagsterInvalidDefinitionError):
    """A config schema is not one."""


class DagsterConfigMappingFunctionError(DagsterUserCodeExecutionError):
    """A user's config mapping function raised."""


class DagsterResourceFunctionError(DagsterUserCodeExecutionError):
    """A user's resource function raised while the resource was set up."""


class DagsterUnknownResourceError(DagsterError):
    """A resource was asked for that was not declared or not given."""


class DagsterUnknownPartitionError(DagsterError):
    """A partition key is not one of the partitions definition."""


class DagsterExecutionStepNotFoundError(DagsterError):
    """A step was named that the plan does not have."""


class DagsterExecutionStepExecutionError(DagsterUserCodeExecutionError):
    """The code of an op or asset raised while its step ran."""


class DagsterExecutionLoadInputError(DagsterExecutionStepExecutionError):
    """An IO manager or input manager raised while it loaded an input."""


class DagsterExecutionHandleOutputError(DagsterExecutionStepExecutionError):
    """An IO manager raised while it stored an output."""


class DagsterStepOutputNotFoundError(DagsterError):
    """A step finished without an output it had promised, or an output was asked for that it never made."""


class DagsterAssetCheckFailedError(DagsterError):
    """A blocking check did not pass; ``facts['checks']`` lists their keys."""


class DagsterMaxRetriesExceededError(DagsterError):
    """A step failed once more than its retry policy allows."""


class DagsterSubprocessError(DagsterError):
    """A child process failed."""


class DagsterPipesExecutionError(DagsterError):
    """A process that a step ran by way of Pipes failed, or what it said cannot be understood."""


class DagsterTypeCheckDidNotPass(DagsterError):
    """A value did not pass the check of its declared type."""

    def __init__(
        self, description: str | None = None, metadata: Any = None, dagster_type: Any = None, **facts: Any
    ) -> None:
        super().__init__(description or "", **facts)
        self.description = description
        self.metadata = metadata or {}
        self.dagster_type = dagster_type


class DagsterTypeCheckError(DagsterUserCodeExecutionError):
    """A user's type check function raised."""


class DagsterRunNotFoundError(DagsterError):
    """No run has the given id."""


class DagsterEventLogInvalidForRun(DagsterError):
    """A run's event log contradicts itself."""


class DagsterUnmetExecutorRequirementsError(DagsterInvariantViolationError):
    """An executor cannot run the job as it was started."""


class DagsterExecutionInterruptedError(BaseException):
    """Raised inside user code when its run is cancelled, so that ``finally`` blocks run."""


class DagsterCodeLocationLoadError(DagsterError):
    """A code location could not be imported; the user's traceback is in ``facts['traceback']``."""


class StoreError(DagsterError):
    """The store cannot do what was asked: not writable, full, of a newer version, out of reach."""


class LeaseLostError(StoreError):
    """A lease was needed to write, and somebody else holds it by now, or it has run out."""


class SettingsError(DagsterError):
    """A settings file holds an unknown key or a bad value."""


class QueryError(DagsterError):
    """A query in the selection language cannot be read.

    ``facts`` holds ``text``, ``position`` (0-based offset of the offending character) and ``expected``.
    """
