"""The version of the API that is followed, where ``dagster.version`` is read."""

from earmark.dagster.names import API_VERSION

__version__ = API_VERSION
