"""What a page or a client can ask for that cannot be given."""

from __future__ import annotations

from earmark.values.errors import DagsterError


class NotFoundError(DagsterError):
    """There is no thing of that name."""


class ConflictError(DagsterError):
    """The thing is in a state that does not allow it."""


class AmbiguousNameError(ConflictError):
    """Several code locations have a thing of that name; ``facts['locations']`` lists them."""


class BadRequestError(DagsterError):
    """What was asked makes no sense, or is more than can be answered at once."""


class BadBodyError(DagsterError):
    """A body does not fit; ``facts['path']`` says where."""
