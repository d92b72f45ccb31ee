"""Reading one table of a settings file: each key is taken once, and what is left over is a mistake."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgspec

from earmark.values.errors import DagsterError, SettingsError, SourceLocation, did_you_mean

T = TypeVar("T")


class SettingsFile(msgspec.Struct):
    """A settings file: its path, its text (for line numbers) and the environment that ``{env: NAME}`` reads."""

    path: Path
    text: str
    environ: Mapping[str, str] = msgspec.field(default_factory=lambda: os.environ)

    def where(self, keys: tuple[str, ...]) -> SourceLocation | None:
        """Return the line on which a key stands, found by going from key to key; ``None`` if it is not seen."""
        position = 0
        for key in keys:
            name = re.escape(key)
            # A key of TOML or YAML, the last part of a dotted one, or one in the header of a table.
            form = rf"(?:^|[\[{{,.\s\"'-]){name}[\"']?\s*(?:[=:.\]])"
            match = re.compile(form, re.MULTILINE).search(self.text, position)
            if match is None:
                return None
            position = match.start() + match.group().index(key)
        return SourceLocation(str(self.path), self.text.count("\n", 0, position) + 1)


class SettingsTable:
    """One table of a file, read key by key.

    Args:
        file: The file.
        values: The table.
        keys: The keys that lead to it.
        unused: Where the names of what is known and has no effect are gathered.
    """

    def __init__(self, file: SettingsFile, values: Mapping[str, Any], keys: tuple[str, ...], unused: list[str]) -> None:
        self.file = file
        self.keys = keys
        self._values = values
        self._unused = unused
        self._known: set[str] = set()
        self._ignored: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __bool__(self) -> bool:
        return bool(self._values)

    @property
    def is_of_dagster(self) -> bool:
        """Whether the file is one that was written for Dagster."""
        return self.file.path.suffix in (".yaml", ".yml")

    def names(self) -> list[str]:
        """Return the keys that are there."""
        return [str(key) for key in self._values]

    def knows(self, *keys: str) -> None:
        """Accept keys, whether they are there or not."""
        self._known.update(keys)

    def raw(self, key: str) -> Any:
        """Return a value as it stands (``{env: NAME}`` resolved), or ``None``."""
        self._known.add(key)
        value = self._values.get(key)
        if isinstance(value, Mapping) and set(value) == {"env"}:
            return self._from_environment(key, value["env"])
        return value

    def table(self, key: str) -> SettingsTable:
        """Return a table inside this one; an empty one where it is missing."""
        value = self.raw(key)
        if value is None:
            value = {}
        if not isinstance(value, Mapping):
            self.refuse(key, f"is a table, not {value!r}")
        return SettingsTable(self.file, value, (*self.keys, key), self._unused)

    def text(self, key: str) -> str | None:
        """Return a text, or ``None``."""
        value = self.raw(key)
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        return self.refuse(key, f"is a text, not {value!r}")

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, empty where it is missing."""
        value = self.raw(key)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        return self.refuse(key, f"is a list of texts, not {value!r}")

    def word(self, key: str, words: tuple[str, ...]) -> str | None:
        """Return one of some words, or ``None``."""
        value = self.text(key)
        if value is None or value in words:
            return value
        return self.refuse(key, f"is one of {', '.join(words)}, not {value!r}.{did_you_mean(value, words)}")

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self.raw(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        return self.refuse(key, f"is true or false, not {value!r}")

    def whole(self, key: str, default: int, *, least: int) -> int:
        """Return a whole number of at least ``least``."""
        value = self.raw(key)
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}", value):
            value = int(value)  # from an environment variable
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            self.refuse(key, f"is a whole number of {least} or more, not {value!r}")
        return value

    def read(self, key: str, read: Callable[[Any], T], default: T) -> T:
        """Return what ``read`` makes of a value; what it refuses is said with this file's name and line."""
        value = self.raw(key)
        if value is None:
            return default
        return self.making(lambda: read(value), key)

    def making(self, make: Callable[[], T], key: str | None = None) -> T:
        """Return what ``make`` returns; what it refuses is said with this file's name and line."""
        try:
            return make()
        except DagsterError as error:
            self.refuse(key, error.message, hint=error.hint, facts=error.facts)

    def ignore(self, *keys: str) -> None:
        """Accept keys that have no effect here, and remember those that are there."""
        for key in keys:
            self._ignored.add(key)
            if key in self._values:
                self._unused.append(".".join((*self.keys, key)))

    def done(self) -> None:
        """Refuse whatever was not asked for.

        Raises:
            SettingsError: There is a key that the table does not have.
        """
        for key in self._values:
            if key not in self._known and key not in self._ignored:
                named = f"[{'.'.join(self.keys)}] has" if self.keys else "There is"
                near = did_you_mean(str(key), self._known) or f" It may hold: {', '.join(sorted(self._known))}."
                raise SettingsError(
                    f"{self.file.path.name}: {named} no setting {key!r}.{near}",
                    where=self.file.where((*self.keys, str(key))),
                    key=str(key),
                    path=str(self.file.path),
                )

    def refuse(
        self, key: str | None, why: str, hint: str | None = None, facts: Mapping[str, Any] | None = None
    ) -> NoReturn:
        """Say what is wrong with a value, and where it stands."""
        keys = self.keys if key is None else (*self.keys, key)
        name = ".".join(keys)
        # A whole sentence stands by itself; the rest of one goes on from the name of the setting.
        joined = f"{name}: {why}" if why[:1].isupper() or why.startswith("'") else f"{name} {why}"
        more = {name: value for name, value in (facts or {}).items() if name not in ("key", "path")}
        ending = "" if joined.endswith((".", "?")) else "."
        raise SettingsError(
            f"{self.file.path.name}: {joined}{ending}",
            hint=hint,
            where=self.file.where(keys),
            key=name,
            path=str(self.file.path),
            **more,
        )

    def _from_environment(self, key: str, name: Any) -> str | None:
        value = self.file.environ.get(str(name))
        if value is None:
            self.refuse(key, f"is read from the environment variable {name}, which is not set")
        return value
