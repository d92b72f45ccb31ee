"""What a user's own executor function sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class InitExecutorContext(msgspec.Struct, frozen=True):
    """What the function of an ``@executor`` sees.

    Example:
        >>> from earmark import in_process_executor
        >>> InitExecutorContext(in_process_executor, {"size": 3}).executor_config["size"]
        3
    """

    executor_def: Any
    executor_config: Mapping[str, Any]
    job: Any = None
    instance: Any = None
