"""Lists given a page at a time."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec

from earmark.values.errors import DagsterInvalidInvocationError, caller_location

T = TypeVar("T")


class PaginatedResults(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list, and where the next one begins.

    Args:
        results: What is on the page.
        cursor: Give it back for the next page.
        has_more: Whether there is a next page.

    Example:
        >>> regions = em.StaticPartitionsDefinition(["asia", "eu", "us"])
        >>> with em.partition_loading_context() as loading:
        ...     first = regions.get_paginated_partition_keys(loading, limit=2, ascending=True)
        ...     second = regions.get_paginated_partition_keys(loading, limit=2, ascending=True, cursor=first.cursor)
        >>> first.results, first.has_more, second.results, second.has_more
        (['asia', 'eu'], True, ['us'], False)
    """

    results: Sequence[T]
    cursor: str
    has_more: bool

    @staticmethod
    def create_from_sequence(
        seq: Sequence[T], limit: int, ascending: bool, cursor: str | None = None
    ) -> PaginatedResults[T]:
        """Return a page of a sequence whose elements are distinct data of JSON.

        Args:
            seq: The whole list, in ascending order.
            limit: How many elements a page has at most.
            ascending: Whether pages go from the first to the last.
            cursor: That of the page before; the first page if not given.

        Raises:
            DagsterInvalidInvocationError: The limit is not positive, the cursor is none of ours, or the element that
                it stands at is gone.
        """
        if limit < 1:
            raise DagsterInvalidInvocationError(
                f"A page has at least one element, not {limit}.", where=caller_location()
            )
        items = list(seq) if ascending else list(reversed(seq))
        last = _value_of(cursor)
        begin = 0
        if last is not None:
            try:
                begin = items.index(last) + 1
            except ValueError:
                raise DagsterInvalidInvocationError(
                    f"The page before ended at {last!r}, which is gone.",
                    where=caller_location(),
                    hint="Begin at the first page again.",
                ) from None
        page = items[begin : begin + limit]
        return PaginatedResults(page, _cursor_at(page[-1] if page else last), begin + limit < len(items))


def _cursor_at(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps({"value": value}).encode()).decode()


def _value_of(cursor: str | None) -> Any:
    if cursor is None:
        return None
    try:
        return json.loads(base64.urlsafe_b64decode(cursor))["value"]
    except (binascii.Error, ValueError, TypeError, KeyError) as error:
        raise DagsterInvalidInvocationError(
            f"{cursor!r} is no cursor of a page: give the one that the page before has.", where=caller_location()
        ) from error
