"""The page about the command line names every command there is."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from earmark.cli.main import NOUNS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "command-line.md"
NAMED = re.findall(r"`([^`]+)`", PAGE.read_text())


def commands() -> Iterator[str]:
    for noun, (module, _) in NOUNS.items():
        command = typer.main.get_command(importlib.import_module(module).app)
        yield from verbs_of(command, noun) if hasattr(command, "commands") else [noun]


def verbs_of(command: object, path: str) -> Iterator[str]:
    for verb, below in command.commands.items():
        yield from verbs_of(below, f"{path} {verb}") if hasattr(below, "commands") else [f"{path} {verb}"]


@pytest.mark.parametrize("command", list(commands()))
def test_a_command_is_on_the_page(command: str) -> None:
    assert any(named == command or named.startswith(f"{command} ") for named in NAMED)
