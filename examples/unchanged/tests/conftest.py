"""Where Dagster is not installed, Earmark answers to its name; the tests are the same."""

import importlib.util

if importlib.util.find_spec("dagster") is None:
    import earmark.dagster.install  # noqa: F401
