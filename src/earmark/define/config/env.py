"""Environment variables as configuration: named where things are defined, read where they run."""

from __future__ import annotations

import os
from typing import Any


def _read_too_early(variable: Any, name: str) -> RuntimeError:
    kind = type(variable).__name__
    return RuntimeError(
        f'Attempted to directly retrieve environment variable {kind}("{name}"). {kind} defers resolution of the'
        " environment variable value until run time, and should only be used as input to config or resources."
        f" To access the value, call `get_value` on the {kind}, or use os.getenv directly."
    )


class EnvVar(str):
    """The name of an environment variable, in place of a text in a config or resource; read when a run starts.

    Raises:
        RuntimeError: It is printed or formatted as if it were the variable's value.

    Example:
        >>> EnvVar("EARMARK_NO_SUCH_VARIABLE").get_value("unset")
        'unset'
    """

    __slots__ = ()

    @classmethod
    def int(cls, name: str) -> IntEnvVar:
        """Return the name of an environment variable in place of an int."""
        return IntEnvVar.create(name)

    @property
    def env_var_name(self) -> str:
        """The variable's name."""
        return str.__add__(self, "")

    def get_value(self, default: str | None = None) -> str | None:
        """Return what the variable holds in this process, or ``default`` if it is not set."""
        return os.environ.get(self.env_var_name, default)

    def __str__(self) -> str:
        raise _read_too_early(self, self.env_var_name)

    def __format__(self, spec: str) -> str:
        raise _read_too_early(self, self.env_var_name)


class IntEnvVar(int):
    """The name of an environment variable, in place of an int in a config or resource; see :class:`EnvVar`."""

    name: str

    @classmethod
    def create(cls, name: str) -> IntEnvVar:
        """Return the name of an environment variable in place of an int."""
        variable = cls(0)
        variable.name = name
        return variable

    @property
    def env_var_name(self) -> str:
        """The variable's name."""
        return self.name

    def get_value(self, default: int | None = None) -> int | None:
        """Return what the variable holds in this process as an int, or ``default`` if it is not set.

        Raises:
            ValueError: It holds no int.
        """
        text = os.environ.get(self.name)
        return default if text is None else int(text)

    def __int__(self) -> int:
        raise _read_too_early(self, self.name)

    def __str__(self) -> str:
        raise _read_too_early(self, self.name)

    def __repr__(self) -> str:
        return f"IntEnvVar({self.name!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (IntEnvVar.create, (self.name,))


def environment_reference(value: Any) -> dict[str, str] | None:
    """Return an :class:`EnvVar` as it stands in run config, ``{"env": "NAME"}``; ``None`` for anything else."""
    if isinstance(value, (EnvVar, IntEnvVar)):
        return {"env": value.env_var_name}
    return None
