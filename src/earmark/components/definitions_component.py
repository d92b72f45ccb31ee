"""A component that loads a Python module."""

from earmark.components.component import Component
from earmark.components.load_context import ComponentLoadContext
from earmark.components.model import Model
from earmark.components.resolvable import Resolvable
from earmark.define.definitions import Definitions
from earmark.values.errors import DagsterInvalidDefinitionError, did_you_mean


class DefinitionsComponent(Component, Model, Resolvable):
    """What a Python file beside a ``defs.yaml`` defines: for what the YAML changes of it, or to choose one file.

    Args:
        path: The file, from the folder of the YAML file; ``definitions.py`` if not given.

    Example:
        >>> em.DefinitionsComponent.from_attributes_dict(attributes={"path": "assets.py"})
        DefinitionsComponent(path='assets.py')
    """

    path: str | None

    def build_defs(self, context: ComponentLoadContext) -> Definitions:
        """Return what the file defines.

        Raises:
            DagsterInvalidDefinitionError: It is not there, or does not load.
        """
        file = context.path / (self.path or "definitions.py")
        if not file.is_file():
            names = [one.name for one in context.path.glob("*.py")]
            raise DagsterInvalidDefinitionError(
                f"There is no file {file.name!r} in {context.path}.{did_you_mean(file.name, names)}"
            )
        return context.build_defs(file)
