"""The page about runs shows the states, transitions and reasons that the code has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from earmark.runs.machine import TRANSITIONS
from earmark.values.states import DagsterRunStatus, FailureReason

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "concepts" / "runs.md").read_text()
STATES = {state.value for state in DagsterRunStatus} - {"MANAGED"}


def transitions() -> set[tuple[str, str, str]]:
    return {
        (fact.event_type, source.value, target.value)
        for fact, rows in TRANSITIONS.items()
        for source, target in rows.items()
    }


def drawn() -> Iterator[tuple[str, str]]:
    found = re.search(r"```text\n(NOT_STARTED.*?)```", PAGE, re.DOTALL)
    assert found is not None
    for line in found[1].splitlines():
        yield from pairwise(re.split(r"\s*->\s*", line.strip()))


def rows_of(heading: str, cells: int) -> list[list[str]]:
    """Return the first words of each row of the table after a heading, without their backquotes."""
    table = PAGE.split(heading, 1)[1].split("\n\n", 1)[0]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")[:cells]] for line in table.splitlines()[1:]]


def test_the_picture_has_every_way_from_state_to_state_and_no_other() -> None:
    assert set(drawn()) == {(source, target) for _, source, target in transitions() if source != target}


def test_the_table_has_every_transition_once_and_no_other() -> None:
    rows = [tuple(row) for row in rows_of("| event | from | to | when |\n", 3)]
    assert sorted(rows) == sorted(transitions())


def test_every_state_and_every_reason_is_explained() -> None:
    states = PAGE.split("## States", 1)[1].split("```", 1)[0]
    assert set(re.findall(r"`([A-Z_]+)`", states)) == STATES
    reasons = [row[0] for row in rows_of("| reason | means |\n", 1)]
    assert sorted(reasons) == sorted(FailureReason)
