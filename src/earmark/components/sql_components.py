"""Components that execute SQL by a connection."""

from abc import abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Protocol, runtime_checkable

from pydantic import Field

from earmark.components.asset_attributes import OpSpec
from earmark.components.executable import ExecutableComponent
from earmark.components.load_context import ComponentLoadContext
from earmark.components.model import Model
from earmark.components.resolution_context import ResolutionContext
from earmark.components.resolver import Injected, Resolver
from earmark.components.templates import render
from earmark.define.ops.outputs import MaterializeResult
from earmark.values.errors import DagsterInvalidDefinitionError, did_you_mean


@runtime_checkable
class SqlClient(Protocol):
    """What SQL is executed by: mostly another component of the project."""

    def connect_and_execute(self, sql: str) -> None:
        """Connect, and execute a text of SQL."""


class SqlComponent(ExecutableComponent):
    """SQL that writes assets: a class of your own says which SQL, :class:`TemplatedSqlComponent` has it from YAML.

    Args:
        assets: The assets that the SQL writes.
        checks: The checks that ``execute`` judges, where it is overridden and gives their results.
        connection: What executes the SQL: an object with ``connect_and_execute(sql)``.
        execution: The step: ``name``, ``tags``, ``pool`` and so on.

    Example:
        >>> import sqlite3
        >>> class Database:
        ...     def connect_and_execute(self, sql):
        ...         sqlite3.connect("shop.db").executescript(sql)
        >>> class Orders(em.SqlComponent):
        ...     def get_sql_content(self, context, component_load_context):
        ...         return "create table orders (total integer)"
        >>> orders = Orders(connection=Database(), assets=[em.AssetSpec("orders")])
        >>> em.materialize(em.build_defs_for_component(orders).assets).success
        True
        >>> sqlite3.connect("shop.db").execute("select count(*) from orders").fetchone()
        (0,)
    """

    connection: Injected[SqlClient] = Field(description="What executes it, by a template: load_component_at_path(...).")
    execution: OpSpec | None = None

    @property
    def op_spec(self) -> OpSpec:
        """The step: what was written."""
        return self.execution or OpSpec()

    def get_unique_name(self) -> str:
        """Return the name of the step where none is given: that of its first asset."""
        return super().step_name()

    def step_name(self) -> str:
        """Return the name of the step where none is given."""
        return self.get_unique_name()

    @abstractmethod
    def get_sql_content(self, context: Any, component_load_context: ComponentLoadContext) -> str:
        """Return the SQL."""

    def execute(self, context: Any, component_load_context: ComponentLoadContext) -> Iterable[Any] | None:
        """Execute the SQL; override it to give results of your own, with metadata or of checks."""
        self.connection.connect_and_execute(self.get_sql_content(context, component_load_context))
        return None

    def invoke_execute_fn(self, context: Any, component_load_context: ComponentLoadContext) -> Iterable[Any]:
        """Execute the SQL and give a result for each asset."""
        given = self.execute(context, component_load_context)
        return [MaterializeResult(spec.key) for spec in self.assets or []] if given is None else given


class SqlFile(Model):
    """A file of SQL.

    Args:
        path: The file, from the folder of the YAML file.
    """

    path: str


def _template(context: ResolutionContext, written: Any) -> Any:
    return SqlFile(path=context.resolve_value(written.path)) if isinstance(written, SqlFile) else written


class TemplatedSqlComponent(SqlComponent):
    """SQL with Jinja's templates, written in YAML or in a file beside it.

    Its templates are evaluated when it is executed. They know ``sql_template_vars``, and ``partition_key`` in a run of
    one partition.

    Args:
        assets: The assets that the SQL writes.
        checks: Not judged by SQL; a class of your own may.
        connection: What executes the SQL: an object with ``connect_and_execute(sql)``.
        execution: The step: ``name``, ``tags``, ``pool`` and so on.
        sql_template: The SQL, or ``{path: file.sql}``.
        sql_template_vars: What its templates may name.

    Example:
        >>> class Printed:
        ...     def connect_and_execute(self, sql):
        ...         print(sql)
        >>> component = em.TemplatedSqlComponent(
        ...     connection=Printed(),
        ...     assets=[em.AssetSpec("orders")],
        ...     sql_template="delete from {{ table }}",
        ...     sql_template_vars={"table": "orders"},
        ... )
        >>> component.get_sql_content(em.build_asset_context(), em.ComponentTree.for_test().load_context)
        'delete from orders'
    """

    sql_template: Annotated[
        str | SqlFile, Resolver(_template, model_field_type=str | SqlFile, inject_before_resolve=False)
    ] = Field(description="The SQL, or a mapping with the path of its file.")
    sql_template_vars: dict[str, Any] | None = Field(None, description="What its templates may name.")

    def get_sql_content(self, context: Any, component_load_context: ComponentLoadContext) -> str:
        """Return the SQL with its templates evaluated.

        Raises:
            DagsterInvalidDefinitionError: The file is not there, or a template cannot be evaluated.
        """
        text = self.sql_template
        if isinstance(text, SqlFile):
            text = _file(component_load_context.path / text.path).read_text(encoding="utf-8")
        key = {"partition_key": context.partition_key} if context.has_partition_key else {}
        return render(text, {**key, **(self.sql_template_vars or {})})

    def build_underlying_assets_def(self, component_load_context: ComponentLoadContext) -> Any:
        """Return the SQL as the definition of its assets.

        Raises:
            DagsterInvalidDefinitionError: Its file is not there.
        """
        if isinstance(self.sql_template, SqlFile):
            _file(component_load_context.path / self.sql_template.path)
        return super().build_underlying_assets_def(component_load_context)


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    names = [one.name for one in path.parent.glob("*.sql")] if path.parent.is_dir() else []
    raise DagsterInvalidDefinitionError(f"There is no file {path}.{did_you_mean(path.name, names)}")
