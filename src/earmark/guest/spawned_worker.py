"""``python -m earmark.guest.spawned_worker ORDER``: a worker that loads user code itself, where forking is unsafe."""

from __future__ import annotations

import sys

import msgspec

from earmark.guest.loader import load
from earmark.guest.order import GuestOrder, WorkerOrder
from earmark.guest.worker import supervise


class _Both(msgspec.Struct, frozen=True):
    guest: GuestOrder
    worker: WorkerOrder


def main(argument: str) -> int:
    """Supervise one run, whose process loads the code location itself; return the exit code."""
    both = msgspec.json.decode(argument, type=_Both)
    return supervise(both.worker, lambda: load(both.guest.target).definitions)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
