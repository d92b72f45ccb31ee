"""What definitions call when they run themselves; see :mod:`earmark.define.ports`."""

from __future__ import annotations

from typing import Any


class LocalRunner:
    """Runs definitions in this process. Each part is imported when it is first needed."""

    def invoke(self, node: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function of an op, asset or check as if it were a plain function."""
        from earmark.execute.invoke import invoke

        return invoke(node, args, kwargs)

    def execute_in_process(self, job: Any, **options: Any) -> Any:
        """Execute a job in this process."""
        from earmark.execute.in_process import execute_job_in_process

        return execute_job_in_process(job, **options)

    def load_asset_value(self, definitions: Any, asset_key: Any, **options: Any) -> Any:
        """Load the value of an asset through its IO manager."""
        from earmark.execute.load_asset_value import load_asset_value

        return load_asset_value(definitions, asset_key, **options)
