"""Running plans: steps, contexts, IO, executors. Importing it lets definitions run themselves."""

from earmark.define.ports import provide
from earmark.execute.runner import LocalRunner

provide(LocalRunner())
