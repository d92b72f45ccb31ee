"""Lines of styled text, and where they go: coloured and folded by rich on a terminal, plain everywhere else.

Most commands are called by scripts, whose output is a file or a pipe: for those rich, which takes longer to load than
such a command does everything else, is not loaded.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Literal, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_WIDE = 240
"""The width of what goes into a file or a pipe, where nothing folds lines."""


class Line:
    """A text of parts: each a text, or a pair of one and its style on a terminal. None of it is read as markup.

    Example:
        >>> print(Line("run ", ("succeeded", "bold green")))
        run succeeded
    """

    __slots__ = ("parts",)

    def __init__(self, *parts: str | tuple[str, str]) -> None:
        self.parts = parts

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else part[0] for part in self.parts)


class Screen:
    """Where a command says something: one of the two streams.

    Args:
        stream: The stream, or its name, for what it is each time that something is said.
        outlives_reader: Whether a reader who goes, as ``head`` does, only ends what is said, and not the command.
    """

    def __init__(self, stream: TextIO | Literal["stdout", "stderr"], *, outlives_reader: bool = False) -> None:
        self._stream = stream
        self._outlives_reader = outlives_reader
        self._is_left = False
        self._console: Console | None = None

    @property
    def stream(self) -> TextIO:
        """The stream as it is now."""
        if isinstance(self._stream, str):
            stream: TextIO = getattr(sys, self._stream)
            return stream
        return self._stream

    @property
    def is_terminal(self) -> bool:
        """Whether what is said is coloured: on a terminal, and where the environment says that it is to be."""
        return shows_colours(self.stream)

    def print(self, said: str | Line = "", style: str = "", *, soft_wrap: bool = False) -> None:
        """Print a line.

        Args:
            said: The line; none of it is read as markup.
            style: The style of all of it.
            soft_wrap: Whether the terminal may fold it anywhere, as what is copied from there needs it.
        """
        if self._is_left:
            return
        try:
            if self.is_terminal:
                self.console.print(_rich_text(said), style=style or None, soft_wrap=soft_wrap)
                return
            stream = self.stream
            stream.write(f"{said}\n")
            stream.flush()
        except BrokenPipeError:
            if not self._outlives_reader:
                raise
            self._is_left = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())

    @property
    def console(self) -> Console:
        """The console that rich draws bars on."""
        if self._console is None:
            from rich.console import Console

            class Raising(Console):
                def on_broken_pipe(self) -> None:
                    raise  # noqa: PLE0704  # rich calls this where it handles the error, and would end the process

            named = isinstance(self._stream, str)
            self._console = Raising(
                file=None if named else self.stream,
                stderr=self._stream == "stderr",
                width=None if self.stream.isatty() or "COLUMNS" in os.environ else _WIDE,
                highlight=False,
                soft_wrap=not self.stream.isatty(),
            )
        return self._console


def shows_colours(stream: TextIO) -> bool:
    """Say whether a stream is a terminal; the variables that rich reads may say that it is one, or that it is none."""
    compatible = os.environ.get("TTY_COMPATIBLE", "")
    if compatible in ("0", "1"):
        return compatible == "1"
    forced = os.environ.get("FORCE_COLOR")
    return stream.isatty() if forced is None else forced != ""


def _rich_text(said: str | Line) -> Text:
    from rich.text import Text

    return Text(said) if isinstance(said, str) else Text.assemble(*said.parts)
