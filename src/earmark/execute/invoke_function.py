"""Calling a user's function: with its context, configuration, resources and inputs, whatever kind of function it is."""

from __future__ import annotations

import collections.abc
import inspect
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from earmark.define.function import EMPTY
from earmark.define.ops.op import OpDefinition
from earmark.values.errors import DagsterUnknownResourceError


def arguments_for(
    op: OpDefinition, *, context: Any, config: Any, resources: Mapping[str, Any], inputs: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Return the positional and keyword arguments to call an op's function with.

    Raises:
        DagsterUnknownResourceError: A parameter asks for a resource that is not there.
    """
    signature = op.signature
    args = [] if signature.context is None else [context]
    kwargs: dict[str, Any] = {}
    if signature.config is not None:
        kwargs["config"] = config
    for parameter in signature.resources:
        if parameter.name in resources:
            kwargs[parameter.name] = resources[parameter.name]
        elif parameter.default is EMPTY:
            raise DagsterUnknownResourceError(
                f"{op.name!r} asks for the resource {parameter.name!r}, which is not there."
            )
    names = {parameter.name for parameter in signature.inputs}
    kwargs.update({key: value for key, value in inputs.items() if key in names})
    return args, kwargs


def results_of(function: Any, args: list[Any], kwargs: dict[str, Any]) -> tuple[bool, Any]:
    """Call a function; return whether it yields, and its iterator or its value. Coroutines are run to their end."""
    value = function(*args, **kwargs)
    if inspect.isasyncgen(value):
        return True, _drain(value)
    if inspect.isawaitable(value):
        import asyncio  # brings thirty modules, which a run without coroutines has no use for

        value = asyncio.run(_awaited(value))
    if isinstance(value, collections.abc.Generator):
        return True, value
    return False, value


async def _awaited(value: Any) -> Any:
    return await value


def _drain(values: AsyncIterator[Any]) -> Iterator[Any]:
    """Give the elements of an async generator one by one, all from one event loop."""
    import asyncio

    loop = asyncio.new_event_loop()
    try:
        while True:
            try:
                yield loop.run_until_complete(anext(values))
            except StopAsyncIteration:
                return
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
