"""Graphs: ops wired together, usable as one node, and the stuff that jobs are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, overload

from earmark.define.function import location_of, read_signature
from earmark.define.ops import composition
from earmark.define.ops.composition import (
    CollectedHandle,
    DynamicHandle,
    GraphInputHandle,
    Node,
    NodeDefinition,
    OutputHandle,
)
from earmark.define.ops.dependency import (
    DependencyDefinition,
    InputMapping,
    MultiDependencyDefinition,
    NodeInvocation,
    OutputMapping,
)
from earmark.define.ops.job import JobDefinition
from earmark.define.ops.op import OpDefinition, clean_doc
from earmark.define.ops.slots import GraphIn, GraphOut
from earmark.define.ports import runner
from earmark.define.tags import op_tags
from earmark.specs.graph import CollectedFrom, FromGraphInput, GraphSpec, NodeSpec, OutputOf
from earmark.specs.naming import check_name
from earmark.specs.op import RESULT, InputSpec, OutputSpec
from earmark.specs.policy import RetryPolicy
from earmark.values.errors import DagsterInvalidDefinitionError, SourceLocation, caller_location, did_you_mean


class GraphDefinition:
    """A graph: nodes (ops and graphs), what each takes, and what the graph takes and gives as a whole.

    Made by :func:`graph`, or wired explicitly with ``node_defs`` and ``dependencies``.

    Args:
        name: Its name.
        description: Text for people.
        node_defs: The ops and graphs it uses.
        dependencies: For each node (name or :class:`NodeInvocation`), what each input takes.
        input_mappings: Inputs of the graph and the node inputs they feed.
        output_mappings: Outputs of the graph and the node outputs they are.
        config: A :class:`ConfigMapping` from the graph's configuration to that of its nodes.
        tags: Labels; those of a job's own graph reach the job's runs.

    Example:
        >>> import earmark as em
        >>> @em.op
        ... def one():
        ...     return 1
        >>> @em.op
        ... def double(value):
        ...     return 2 * value
        >>> doubled = GraphDefinition(
        ...     "doubled",
        ...     node_defs=[one, double],
        ...     dependencies={"double": {"value": em.DependencyDefinition("one")}},
        ...     output_mappings=[
        ...         em.OutputMapping("result", mapped_node_name="double", mapped_node_output_name="result")
        ...     ],
        ... )
        >>> doubled.execute_in_process().output_value()
        2
    """

    def __init__(
        self,
        name: str,
        *,
        description: str | None = None,
        node_defs: Sequence[NodeDefinition] | None = None,
        dependencies: Mapping[Any, Mapping[str, Any]] | None = None,
        input_mappings: Sequence[InputMapping] | None = None,
        output_mappings: Sequence[OutputMapping] | None = None,
        config: Any = None,
        tags: Mapping[str, Any] | None = None,
        nodes: Mapping[str, Node] | None = None,
        output_sources: Mapping[str, OutputOf | CollectedFrom] | None = None,
        inputs: Sequence[InputSpec] | None = None,
        output_specs: Sequence[OutputSpec] | None = None,
    ) -> None:
        self._name = check_name(name, "graph")
        self.description = description
        self._config = config
        self._tags = op_tags(tags)
        self._hooks: frozenset[Any] = frozenset()
        self.where: SourceLocation | None = None
        mappings = tuple(input_mappings or ())
        made = dict(nodes) if nodes is not None else _wire(name, node_defs or (), dependencies or {}, mappings)
        self._nodes = made
        if output_sources is None:
            output_sources = {
                one.graph_output_name: OutputOf(one.mapped_node_name, one.mapped_node_output_name)
                for one in output_mappings or ()
            }
        self._output_sources = dict(output_sources)
        names = dict.fromkeys(one.graph_input_name for one in mappings)
        self._inputs = tuple(inputs) if inputs is not None else tuple(_graph_input(n, made) for n in names)
        self._outputs = (
            tuple(output_specs)
            if output_specs is not None
            else tuple(_graph_output(key, source, made, None) for key, source in self._output_sources.items())
        )
        self._spec: GraphSpec | None = None

    @property
    def spec(self) -> GraphSpec:
        """The graph as data."""
        if self._spec is None:
            self._spec = GraphSpec(
                self._name,
                tuple(_node_spec(node) for node in self._nodes.values()),
                self._inputs,
                self._outputs,
                self._output_sources,
                self.description,
                self._tags,
                None if self._config is None else self._config.spec,
            )
        return self._spec

    @property
    def name(self) -> str:
        """The graph's name."""
        return self._name

    @property
    def node_type_str(self) -> str:
        """What kind of node this is."""
        return "graph"

    @property
    def nodes(self) -> Sequence[Node]:
        """The nodes, in the order they were added."""
        return tuple(self._nodes.values())

    @property
    def node_defs(self) -> Sequence[NodeDefinition]:
        """The definitions that the nodes use, each once."""
        return tuple({id(node.definition): node.definition for node in self._nodes.values()}.values())

    def node_named(self, name: str) -> Node:
        """Return the node of that name.

        Raises:
            DagsterInvalidDefinitionError: There is none.
        """
        if name in self._nodes:
            return self._nodes[name]
        raise DagsterInvalidDefinitionError(
            f"The graph {self._name!r} has no node {name!r}.{did_you_mean(name, self._nodes)}"
        )

    @property
    def tags(self) -> Mapping[str, str]:
        """The graph's labels."""
        return self._tags

    @property
    def hook_defs(self) -> frozenset[Any]:
        """Hooks that follow every op of the graph."""
        return self._hooks

    @property
    def config_mapping(self) -> Any:
        """The mapping from the graph's configuration to its nodes', if there is one."""
        return self._config

    @property
    def input_mappings(self) -> Sequence[InputMapping]:
        """Each input of the graph with each node input it feeds."""
        return tuple(
            InputMapping(source.name, node.name, key)
            for node in self._nodes.values()
            for key, source in node.inputs.items()
            if isinstance(source, FromGraphInput)
        )

    @property
    def output_mappings(self) -> Sequence[OutputMapping]:
        """Each output of the graph with the node output it is."""
        return tuple(OutputMapping(key, source.node, source.output) for key, source in self._output_sources.items())

    @property
    def required_resource_keys(self) -> frozenset[str]:
        """The keys of resources that the graph's ops ask for."""
        return frozenset(key for node in self._nodes.values() for key in node.definition.required_resource_keys)

    def op_definitions(self, path: tuple[str, ...] = ()) -> Iterable[tuple[tuple[str, ...], OpDefinition]]:
        """Give every op of the graph, those of inner graphs included, with the path of node names that leads to it."""
        for node in self._nodes.values():
            here = (*path, node.name)
            if isinstance(node.definition, GraphDefinition):
                yield from node.definition.op_definitions(here)
            elif isinstance(node.definition, OpDefinition):
                yield here, node.definition

    def configured(
        self,
        config_or_config_fn: Any,
        name: str | None = None,
        config_schema: Any = None,
        description: str | None = None,
    ) -> GraphDefinition:
        """Return the same graph with its configuration given, or made by a function from an outer one.

        Args:
            config_or_config_fn: What the graph's :class:`ConfigMapping` is given, or a function from an outer
                configuration to that.
            name: The name of the graph that is returned; this one's if ``None``.
            config_schema: What the outer configuration looks like, if there is a function.
            description: Text for people; this graph's if ``None``.

        Raises:
            DagsterInvalidDefinitionError: The graph has no :class:`ConfigMapping`, or a schema comes without a
                function.

        Example:
            >>> import earmark as em
            >>> @em.op(config_schema={"days": int})
            ... def clean(context) -> int:
            ...     return context.op_config["days"]
            >>> mapping = em.ConfigMapping(lambda days: {"clean": {"config": {"days": days}}}, config_schema=int)
            >>> @em.graph(config=mapping)
            ... def cleaning():
            ...     return clean()
            >>> cleaning.configured(7, name="weekly").execute_in_process().output_value()
            7
        """
        from earmark.define.config.config_mapping import ConfigMapping, configured_type

        if not isinstance(self._config, ConfigMapping):
            raise DagsterInvalidDefinitionError(
                f"The graph {self.name!r} has no configuration of its own, so there is none to give.",
                hint="Give it a config mapping: @graph(config=ConfigMapping(...)).",
                where=caller_location(),
            )
        outer = configured_type(self._config.config_type, config_or_config_fn, config_schema)
        made = self.copy_with(name=name)
        made._config = ConfigMapping(self._config.config_fn, outer)
        made.description = description if description is not None else self.description
        return made

    def alias(self, name: str) -> composition.PendingNodeInvocation:
        """Return the graph under another name, to be called inside a graph."""
        return composition.PendingNodeInvocation(self, alias=check_name(name, "graph"))

    def tag(self, tags: Mapping[str, Any] | None) -> composition.PendingNodeInvocation:
        """Return the graph with more tags, to be called inside a graph."""
        return composition.PendingNodeInvocation(self, tags=op_tags(tags))

    def with_hooks(self, hook_defs: Any) -> composition.PendingNodeInvocation:
        """Return the graph with hooks, to be called inside a graph."""
        return composition.PendingNodeInvocation(self, hooks=frozenset(hook_defs))

    def with_retry_policy(self, retry_policy: RetryPolicy) -> composition.PendingNodeInvocation:
        """Return the graph with a retry policy for its ops, to be called inside a graph."""
        return composition.PendingNodeInvocation(self, retry_policy=retry_policy)

    def copy_with(self, *, hooks: frozenset[Any] | None = None, name: str | None = None) -> GraphDefinition:
        """Return the graph with other hooks, or another name."""
        from copy import copy

        made = copy(self)
        made._spec = None
        if hooks is not None:
            made._hooks = hooks
        if name is not None:
            made._name = check_name(name, "graph")
        return made

    def to_job(
        self,
        name: str | None = None,
        description: str | None = None,
        resource_defs: Mapping[str, Any] | None = None,
        config: Any = None,
        tags: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        logger_defs: Mapping[str, Any] | None = None,
        executor_def: Any = None,
        hooks: Iterable[Any] | None = None,
        op_retry_policy: RetryPolicy | None = None,
        op_selection: Sequence[str] | None = None,
        partitions_def: Any = None,
        input_values: Mapping[str, Any] | None = None,
        run_tags: Mapping[str, Any] | None = None,
        owners: Sequence[str] | None = None,
        automation_condition: Any = None,
    ) -> JobDefinition:
        """Make a job of the graph.

        Args:
            name: The job's name; the graph's if ``None``.
            description: Text for people.
            resource_defs: What the ops' resource keys mean.
            config: Default configuration, a :class:`ConfigMapping`, a :class:`RunConfig` or a partitioned config.
            tags: Labels of the job and (unless ``run_tags`` is given) of its runs.
            metadata: Facts about the job.
            logger_defs: Loggers by name.
            executor_def: How its steps are executed.
            hooks: Hooks that follow every op.
            op_retry_policy: The retry policy of ops that have none.
            op_selection: Only these ops.
            partitions_def: How the job is cut.
            input_values: Values for the graph's inputs.
            run_tags: Labels of its runs, where they differ from ``tags``.
            owners: E-mail addresses or ``team:NAME``.
            automation_condition: When the job should run by itself.
        """
        job = JobDefinition(
            graph_def=self,
            name=name,
            description=description if description is not None else self.description,
            resource_defs=resource_defs,
            config=config,
            tags=tags,
            run_tags=run_tags,
            metadata=metadata,
            logger_defs=logger_defs,
            executor_def=executor_def,
            hook_defs=hooks,
            op_retry_policy=op_retry_policy,
            partitions_def=partitions_def,
            input_values=input_values,
            owners=owners,
            automation_condition=automation_condition,
        )
        return job if op_selection is None else job.for_op_selection(op_selection)

    def execute_in_process(
        self,
        run_config: Any = None,
        instance: Any = None,
        resources: Mapping[str, Any] | None = None,
        raise_on_error: bool = True,
        op_selection: Sequence[str] | None = None,
        run_id: str | None = None,
        input_values: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute the graph in this process; see :meth:`JobDefinition.execute_in_process`."""
        return self.to_job(resource_defs=resources).execute_in_process(
            run_config=run_config,
            instance=instance,
            raise_on_error=raise_on_error,
            op_selection=op_selection,
            run_id=run_id,
            input_values=input_values,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if composition.is_composing():
            return composition.PendingNodeInvocation(self)(*args, **kwargs)
        return runner().invoke(self, args, kwargs)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!r}>"


@overload
def graph(compose_fn: Callable[..., Any]) -> GraphDefinition: ...


@overload
def graph(
    compose_fn: None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    input_defs: Any = None,
    output_defs: Any = None,
    ins: Mapping[str, GraphIn] | None = None,
    out: GraphOut | Mapping[str, GraphOut] | None = None,
    tags: Mapping[str, Any] | None = None,
    config: Any = None,
) -> Callable[[Callable[..., Any]], GraphDefinition]: ...


def graph(
    compose_fn: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    input_defs: Any = None,
    output_defs: Any = None,
    ins: Mapping[str, GraphIn] | None = None,
    out: GraphOut | Mapping[str, GraphOut] | None = None,
    tags: Mapping[str, Any] | None = None,
    config: Any = None,
) -> GraphDefinition | Callable[[Callable[..., Any]], GraphDefinition]:
    """Make a graph of a function that calls ops and other graphs.

    The function runs once, when it is decorated; each call in it adds a node, and its parameters become the graph's
    inputs.

    Args:
        compose_fn: The function, where the decorator is used without arguments.
        name: The graph's name; the function's name if ``None``.
        description: Text for people; the docstring if ``None``.
        ins: More about the inputs, by name.
        out: More about the output; for several, a dict, and the function returns a dict of the same keys.
        tags: Labels.
        config: A dict of default configuration, or a :class:`ConfigMapping`.

    Raises:
        DagsterInvalidDefinitionError: Nodes are wired in a way that makes no sense; the error says where.

    Example:
        >>> from earmark import op
        >>> @op
        ... def one() -> int:
        ...     return 1
        >>> @op
        ... def add_one(number: int) -> int:
        ...     return number + 1
        >>> @graph
        ... def two():
        ...     return add_one(one())
        >>> two.execute_in_process().output_value()
        2
    """
    if input_defs is not None or output_defs is not None:
        raise DagsterInvalidDefinitionError(
            "input_defs and output_defs are an old form; use ins and out.", where=caller_location()
        )

    def decorate(function: Callable[..., Any]) -> GraphDefinition:
        return build_graph(function, name=name, description=description, ins=ins, out=out, tags=tags, config=config)

    return decorate if compose_fn is None else decorate(compose_fn)


def build_graph(
    function: Callable[..., Any],
    *,
    name: str | None = None,
    description: str | None = None,
    ins: Mapping[str, GraphIn] | None = None,
    out: GraphOut | Mapping[str, GraphOut] | None = None,
    tags: Mapping[str, Any] | None = None,
    config: Any = None,
    fixed_inputs: Iterable[str] = (),
) -> GraphDefinition:
    """Run a graph's function and make a :class:`GraphDefinition` of what it wired; arguments as :func:`graph`."""
    name = name or function.__name__
    signature = read_signature(function, "graph")
    parameters = list(signature.inputs)
    if signature.config is not None:
        parameters.append(signature.config)
    names = [parameter.name for parameter in parameters if parameter.name not in fixed_inputs]
    for key in ins or {}:
        if key not in names:
            raise DagsterInvalidDefinitionError(
                f"ins of graph {name!r} names {key!r}, which is no parameter of its function."
                f"{did_you_mean(key, names)}",
                where=location_of(function),
            )
    nodes, returned = composition.compose(name, function, {key: GraphInputHandle(key) for key in names})
    sources = _returned(name, returned, out, function)
    descriptions = {key: one.description for key, one in (ins or {}).items()}
    made = GraphDefinition(
        name,
        description=description if description is not None else clean_doc(function),
        nodes=nodes,
        inputs=[_graph_input(key, nodes, descriptions.get(key)) for key in names],
        output_sources=sources,
        output_specs=[_graph_output(key, source, nodes, out) for key, source in sources.items()],
        config=_config_mapping(config),
        tags=tags,
    )
    made.where = location_of(function)
    return made


def _config_mapping(config: Any) -> Any:
    if config is None or not isinstance(config, dict):
        return config
    from earmark.define.config.config_mapping import ConfigMapping

    return ConfigMapping(lambda _: config, config_schema={})


def _returned(
    name: str, returned: Any, out: GraphOut | Mapping[str, GraphOut] | None, function: Callable[..., Any]
) -> dict[str, OutputOf | CollectedFrom]:
    if returned is None:
        if isinstance(out, Mapping) and out:
            raise DagsterInvalidDefinitionError(
                f"The graph {name!r} declares outputs {', '.join(out)} but returns nothing.",
                where=location_of(function),
            )
        return {}
    if isinstance(returned, dict):
        if isinstance(out, Mapping) and set(out) != set(returned):
            raise DagsterInvalidDefinitionError(
                f"The graph {name!r} declares outputs {sorted(out)} but returns {sorted(returned)}.",
                where=location_of(function),
            )
        return {key: _output_source(name, value, function) for key, value in returned.items()}
    fields = getattr(returned, "_fields", None)
    if isinstance(returned, tuple) and isinstance(out, Mapping) and len(out) == len(returned):
        return {key: _output_source(name, value, function) for key, value in zip(out, returned, strict=True)}
    if fields is not None:
        return {key: _output_source(name, value, function) for key, value in zip(fields, returned, strict=True)}
    key = next(iter(out)) if isinstance(out, Mapping) and len(out) == 1 else RESULT
    return {key: _output_source(name, returned, function)}


def _output_source(name: str, value: Any, function: Callable[..., Any]) -> OutputOf | CollectedFrom:
    match value:
        case OutputHandle() | DynamicHandle():
            return OutputOf(value.node_name, value.output_name)
        case CollectedHandle():
            return CollectedFrom(value.node_name, value.output_name)
    raise DagsterInvalidDefinitionError(
        f"The graph {name!r} returns {value!r}; a graph returns outputs of its nodes, or a dict of them by name.",
        where=location_of(function),
    )


def _graph_input(name: str, nodes: Mapping[str, Node], description: str | None = None) -> InputSpec:
    for node in nodes.values():
        for key, source in node.inputs.items():
            if isinstance(source, FromGraphInput) and source.name == name:
                inner = next(spec for spec in node.definition.spec.inputs if spec.name == key)
                return InputSpec(
                    name,
                    inner.type_name,
                    description or inner.description,
                    is_nothing=inner.is_nothing,
                    has_default=inner.has_default,
                    input_manager_key=inner.input_manager_key,
                    loader=inner.loader,
                )
    return InputSpec(name, description=description)


def _graph_output(
    name: str,
    source: OutputOf | CollectedFrom,
    nodes: Mapping[str, Node],
    out: GraphOut | Mapping[str, GraphOut] | None,
) -> OutputSpec:
    declared = out.get(name) if isinstance(out, Mapping) else out
    inner = next(spec for spec in nodes[source.node].definition.spec.outputs if spec.name == source.output)
    return OutputSpec(
        name,
        inner.type_name,
        (declared.description if declared else None) or inner.description,
        is_nothing=inner.is_nothing,
        is_required=inner.is_required,
        is_dynamic=inner.is_dynamic and not isinstance(source, CollectedFrom),
        io_manager_key=inner.io_manager_key,
    )


def _node_spec(node: Node) -> NodeSpec:
    return NodeSpec(
        node.name,
        node.definition.spec,
        node.inputs,
        node.tags,
        tuple(sorted(hook.name for hook in node.hooks)),
        node.retry_policy,
    )


def _wire(
    name: str,
    node_defs: Sequence[NodeDefinition],
    dependencies: Mapping[Any, Mapping[str, Any]],
    mappings: Sequence[InputMapping],
) -> dict[str, Node]:
    by_name = {definition.name: definition for definition in node_defs}
    given = {_invocation(key): value for key, value in dependencies.items()}
    used = {one.name for one in given}
    for definition in node_defs:
        if definition.name not in used:
            given[NodeInvocation(definition.name)] = {}
    nodes: dict[str, Node] = {}
    for invocation, inputs in given.items():
        if invocation.name not in by_name:
            raise DagsterInvalidDefinitionError(
                f"The graph {name!r} wires {invocation.name!r}, which is not among its node_defs."
                f"{did_you_mean(invocation.name, by_name)}",
                where=caller_location(),
            )
        alias = invocation.alias or invocation.name
        sources = {key: _dependency_source(one) for key, one in inputs.items()}
        for mapping in mappings:
            if mapping.mapped_node_name == alias:
                sources[mapping.mapped_node_input_name] = mapping.source()
        nodes[alias] = Node(
            alias,
            by_name[invocation.name],
            sources,
            op_tags(invocation.tags),
            invocation.hook_defs,
            invocation.retry_policy,
        )
    for node in nodes.values():
        _check_sources(name, node, nodes)
    return nodes


def _invocation(key: Any) -> NodeInvocation:
    return key if isinstance(key, NodeInvocation) else NodeInvocation(key)


def _dependency_source(one: Any) -> Any:
    if isinstance(one, (DependencyDefinition, MultiDependencyDefinition)):
        return one.source()
    raise DagsterInvalidDefinitionError(
        f"A dependency is a DependencyDefinition or a MultiDependencyDefinition, not {one!r}.", where=caller_location()
    )


def _check_sources(name: str, node: Node, nodes: Mapping[str, Node]) -> None:
    for key, source in node.inputs.items():
        for one in getattr(source, "sources", (source,)):
            if isinstance(one, OutputOf) and one.node not in nodes:
                raise DagsterInvalidDefinitionError(
                    f"In graph {name!r}, the input {key!r} of {node.name!r} takes an output of {one.node!r}, which is"
                    f" not there.{did_you_mean(one.node, nodes)}",
                    where=caller_location(),
                )
            if isinstance(one, OutputOf):
                outputs = [out.name for out in nodes[one.node].definition.spec.outputs]
                if one.output not in outputs:
                    raise DagsterInvalidDefinitionError(
                        f"In graph {name!r}, {one.node!r} has no output {one.output!r}; it has {', '.join(outputs)}.",
                        where=caller_location(),
                    )
