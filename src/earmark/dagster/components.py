"""``dagster.components``: the names of components under their other public home, the same objects.

Example:
    >>> import earmark.dagster.components
    >>> earmark.dagster.components.Component is em.Component
    True
"""

import earmark.dagster

NAMES = frozenset(
    (
        "AssetAttributesModel",
        "build_component_defs",
        "build_defs_for_component",
        "Component",
        "component_instance",
        "ComponentLoadContext",
        "ComponentTypeSpec",
        "DefinitionsComponent",
        "DefsFolderComponent",
        "FunctionComponent",
        "Injected",
        "load_defs",
        "load_from_defs_folder",
        "Model",
        "PythonScriptComponent",
        "ResolutionContext",
        "Resolvable",
        "ResolvedAssetCheckSpec",
        "ResolvedAssetKey",
        "ResolvedAssetSpec",
        "Resolver",
        "scaffold_component",
        "scaffold_with",
        "Scaffolder",
        "ScaffoldRequest",
        "SqlComponent",
        "StateBackedComponent",
        "TemplatedSqlComponent",
        "UvRunComponent",
    )
)
"""The public names of the module."""

__path__: list[str] = []  # makes it a package, so that a private module below it is refused in words


STATE = frozenset(("DefsStateConfig", "DefsStateConfigArgs", "ResolvedDefsStateConfig"))
"""Names that only this module has."""


def __getattr__(name: str) -> object:
    if name in STATE:
        from earmark.components import state_backed

        return getattr(state_backed, name)
    if name not in NAMES:
        raise AttributeError(f"dagster.components has no {name!r}; all names that Earmark has are in dagster itself.")
    return getattr(earmark.dagster, name)


def __dir__() -> list[str]:
    return sorted(NAMES | STATE)
