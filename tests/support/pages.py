"""Reading documentation pages: their code blocks, and what a reader would type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(
    r"(?:<!--\s*(?P<note>not run|exits|within):\s*(?P<value>[^>]+?)\s*-->\s*\n)?"
    r"^(?P<indent>[ \t]*)```(?P<language>\w+)[ \t]*(?P<attributes>[^\n]*)\n(?P<body>.*?)^(?P=indent)```[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True)
class Block:
    """One fenced block of a page.

    Attributes:
        language: The word after the fence.
        title: The file name in ``title="..."``, if there is one.
        body: The text of the block, its own indentation taken off.
        line: The line of the page on which the body begins, counted from 1.
        exits: The exit code its commands are to have, from ``<!-- exits: N -->`` before the fence.
        within: For how many seconds its commands are tried again until they show what the page shows, from
            ``<!-- within: 30 -->`` before the fence.
        skipped: The reason in ``<!-- not run: reason -->`` before the fence, if there is one.
    """

    language: str
    title: str | None
    body: str
    line: int
    exits: int
    within: int
    skipped: str | None


@dataclass(frozen=True)
class Command:
    """A line that starts with ``$`` in a console block, and the output the page shows under it."""

    text: str
    shown: str
    line: int
    exits: int
    within: int


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    text = page.read_text()
    return [_block(match, text) for match in _FENCE.finditer(text)]


def commands_of(block: Block) -> list[Command]:
    """Return the commands of a console block. A backslash at the end of a line joins the next to it."""
    commands: list[tuple[str, list[str], int]] = []
    continues = False
    for offset, line in enumerate(block.body.splitlines()):
        if line.startswith("$ ") and not continues:
            commands.append((line[2:], [], block.line + offset))
        elif commands and continues:
            commands[-1] = (commands[-1][0][:-1] + line.strip(), [], commands[-1][2])
        elif commands:
            commands[-1][1].append(line)
        continues = bool(commands) and not commands[-1][1] and commands[-1][0].endswith("\\")
    return [Command(text, "\n".join(shown).strip(), line, block.exits, block.within) for text, shown, line in commands]


def shows(shown: str, printed: str) -> bool:
    """Tell whether a page's output is what was printed: ``...`` stands for anything, spacing does not count."""
    pieces = [re.escape(" ".join(piece.split())) for piece in shown.split("...")]
    return re.search(r"\s?.*?".join(pieces), " ".join(printed.split())) is not None


def script_of(blocks: list[Block]) -> str:
    """Join blocks into one script whose line numbers are those of the page."""
    lines: list[str] = []
    for block in blocks:
        lines.extend([""] * (block.line - 1 - len(lines)))
        lines.extend(block.body.splitlines())
    return "\n".join(lines) + "\n"


def _block(match: re.Match[str], text: str) -> Block:
    indent = match["indent"]
    body = "".join(line.removeprefix(indent) for line in match["body"].splitlines(keepends=True))
    title = _TITLE.search(match["attributes"])
    notes = {match["note"]: match["value"]}
    return Block(
        language=match["language"],
        title=title[1] if title else None,
        body=body,
        line=text.count("\n", 0, match.start("body")) + 1,
        exits=int(notes.get("exits", 0)),
        within=int(notes.get("within", 0)),
        skipped=notes.get("not run"),
    )
