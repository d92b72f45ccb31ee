"""Assets and checks found in modules, with a prefix, a group and so on given to all of them."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from earmark.define.assets.asset import check_old_options
from earmark.define.assets.asset_check import AssetChecksDefinition
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.assets.source_asset import SourceAsset
from earmark.specs.asset import AssetSpec
from earmark.specs.policy import BackfillPolicy
from earmark.values.errors import DagsterInvalidDefinitionError, SourceLocation, caller_location
from earmark.values.keys import AssetKey

_OLD_OPTIONS = ("auto_materialize_policy", "legacy_freshness_policy")


def load_assets_from_modules(
    modules: Iterable[ModuleType],
    group_name: str | None = None,
    key_prefix: Any = None,
    *,
    automation_condition: Any = None,
    backfill_policy: BackfillPolicy | None = None,
    source_key_prefix: Any = None,
    include_specs: bool = False,
    **kwargs: Any,
) -> list[Any]:
    """Return the assets that are variables of modules, or stand in lists that are.

    Args:
        modules: The modules, imported already.
        group_name: The group of all assets; none of them may name another.
        key_prefix: What is put before the keys of all assets, and before dependencies on them.
        automation_condition: When all assets should be written by themselves.
        backfill_policy: How a backfill cuts the partitions of all assets into runs.
        source_key_prefix: What is put before the keys of source assets, and before dependencies on them.
        include_specs: Whether :class:`AssetSpec` objects count.
        **kwargs: An old name: ``auto_materialize_policy``.

    Raises:
        DagsterInvalidDefinitionError: Two modules define one asset, or an asset names another group.

    Example:
        >>> import types
        >>> shop = types.ModuleType("shop")
        >>> @em.asset
        ... def orders():
        ...     return [1, 2, 3]
        >>> shop.orders = orders
        >>> load_assets_from_modules([shop])[0].key
        AssetKey(['orders'])
    """
    check_old_options(kwargs, "load_assets_from_modules", _OLD_OPTIONS)
    policy = kwargs.get("auto_materialize_policy")
    if policy is not None:
        automation_condition = automation_condition or policy.to_automation_condition()
    kinds: tuple[type, ...] = (AssetsDefinition, SourceAsset, *((AssetSpec,) if include_specs else ()))
    found = [thing for thing in _things_in(modules, kinds) if not isinstance(thing, AssetChecksDefinition)]
    replacements = _replacements(found, key_prefix, source_key_prefix)
    return [
        _changed(thing, replacements, group_name, automation_condition, backfill_policy, caller_location())
        for thing in found
    ]


def load_assets_from_current_module(
    group_name: str | None = None,
    key_prefix: Any = None,
    *,
    automation_condition: Any = None,
    backfill_policy: BackfillPolicy | None = None,
    source_key_prefix: Any = None,
    include_specs: bool = False,
    **kwargs: Any,
) -> list[Any]:
    """Return the assets of the module that calls this, as far as it has run; see :func:`load_assets_from_modules`.

    Example:
        >>> source = '''
        ... import earmark as em
        ... @em.asset
        ... def orders():
        ...     return [1, 2, 3]
        ... found = em.load_assets_from_current_module()
        ... '''
        >>> shop = {"__name__": "shop"}
        >>> exec(source, shop)
        >>> shop["found"][0].key
        AssetKey(['orders'])
    """
    return load_assets_from_modules(
        [calling_module()],
        group_name,
        key_prefix,
        automation_condition=automation_condition,
        backfill_policy=backfill_policy,
        source_key_prefix=source_key_prefix,
        include_specs=include_specs,
        **kwargs,
    )


def load_assets_from_package_module(
    package_module: ModuleType,
    group_name: str | None = None,
    key_prefix: Any = None,
    *,
    automation_condition: Any = None,
    backfill_policy: BackfillPolicy | None = None,
    source_key_prefix: Any = None,
    include_specs: bool = False,
    **kwargs: Any,
) -> list[Any]:
    """Return the assets of a package and all modules in it; see :func:`load_assets_from_modules`.

    Example:
        >>> import types
        >>> shop = types.ModuleType("shop", "A package; its modules would be found too.")
        >>> shop.__path__ = []
        >>> @em.asset
        ... def orders():
        ...     return [1, 2, 3]
        >>> shop.orders = orders
        >>> load_assets_from_package_module(shop)[0].key
        AssetKey(['orders'])
    """
    return load_assets_from_modules(
        modules_of(package_module),
        group_name,
        key_prefix,
        automation_condition=automation_condition,
        backfill_policy=backfill_policy,
        source_key_prefix=source_key_prefix,
        include_specs=include_specs,
        **kwargs,
    )


def load_assets_from_package_name(
    package_name: str,
    group_name: str | None = None,
    key_prefix: Any = None,
    *,
    automation_condition: Any = None,
    backfill_policy: BackfillPolicy | None = None,
    source_key_prefix: Any = None,
    include_specs: bool = False,
    **kwargs: Any,
) -> list[Any]:
    """Return the assets of a package, named as in ``import``; see :func:`load_assets_from_modules`.

    Example:
        >>> import sys, types
        >>> shop = sys.modules["shop"] = types.ModuleType("shop", "A package; its modules would be found too.")
        >>> shop.__path__ = []
        >>> @em.asset
        ... def orders():
        ...     return [1, 2, 3]
        >>> shop.orders = orders
        >>> load_assets_from_package_name("shop")[0].key
        AssetKey(['orders'])
        >>> del sys.modules["shop"]
    """
    return load_assets_from_package_module(
        importlib.import_module(package_name),
        group_name,
        key_prefix,
        automation_condition=automation_condition,
        backfill_policy=backfill_policy,
        source_key_prefix=source_key_prefix,
        include_specs=include_specs,
        **kwargs,
    )


def load_asset_checks_from_modules(
    modules: Iterable[ModuleType], asset_key_prefix: Any = None
) -> Sequence[AssetChecksDefinition]:
    """Return the checks that are variables of modules, or stand in lists that are.

    Args:
        modules: The modules, imported already.
        asset_key_prefix: What is put before the keys of the assets that they look at.

    Example:
        >>> import types
        >>> shop = types.ModuleType("shop")
        >>> @em.asset_check(asset="orders")
        ... def has_rows():
        ...     return em.AssetCheckResult(passed=True)
        >>> shop.has_rows = has_rows
        >>> load_asset_checks_from_modules([shop])[0].check_key.name
        'has_rows'
    """
    checks = list(_things_in(modules, (AssetChecksDefinition,)))
    if asset_key_prefix is None:
        return checks
    made: list[AssetChecksDefinition] = []
    for check in checks:
        keys = {key.asset_key for key in check.check_keys}
        replacements = {key: key.with_prefix(asset_key_prefix) for key in keys}
        made.append(check.with_attributes(asset_key_replacements=replacements))
    return made


def load_asset_checks_from_current_module(asset_key_prefix: Any = None) -> Sequence[AssetChecksDefinition]:
    """Return the checks of the module that calls this; see :func:`load_asset_checks_from_modules`.

    Example:
        >>> source = '''
        ... import earmark as em
        ... @em.asset_check(asset="orders")
        ... def has_rows():
        ...     return em.AssetCheckResult(passed=True)
        ... found = em.load_asset_checks_from_current_module()
        ... '''
        >>> shop = {"__name__": "shop"}
        >>> exec(source, shop)
        >>> shop["found"][0].check_key.name
        'has_rows'
    """
    return load_asset_checks_from_modules([calling_module()], asset_key_prefix)


def load_asset_checks_from_package_module(
    package_module: ModuleType, asset_key_prefix: Any = None
) -> Sequence[AssetChecksDefinition]:
    """Return the checks of a package and all modules in it; see :func:`load_asset_checks_from_modules`.

    Example:
        >>> import types
        >>> shop = types.ModuleType("shop", "A package; its modules would be found too.")
        >>> shop.__path__ = []
        >>> @em.asset_check(asset="orders")
        ... def has_rows():
        ...     return em.AssetCheckResult(passed=True)
        >>> shop.has_rows = has_rows
        >>> load_asset_checks_from_package_module(shop)[0].check_key.name
        'has_rows'
    """
    return load_asset_checks_from_modules(modules_of(package_module), asset_key_prefix)


def load_asset_checks_from_package_name(
    package_name: str, asset_key_prefix: Any = None
) -> Sequence[AssetChecksDefinition]:
    """Return the checks of a package, named as in ``import``; see :func:`load_asset_checks_from_modules`.

    Example:
        >>> import sys, types
        >>> shop = sys.modules["shop"] = types.ModuleType("shop", "A package; its modules would be found too.")
        >>> shop.__path__ = []
        >>> @em.asset_check(asset="orders")
        ... def has_rows():
        ...     return em.AssetCheckResult(passed=True)
        >>> shop.has_rows = has_rows
        >>> load_asset_checks_from_package_name("shop")[0].check_key.name
        'has_rows'
        >>> del sys.modules["shop"]
    """
    return load_asset_checks_from_package_module(importlib.import_module(package_name), asset_key_prefix)


def modules_of(package: ModuleType) -> list[ModuleType]:
    """Return a package and all modules in it, imported. What importing one raises is the user's own error."""
    found = [package]
    for info in pkgutil.walk_packages(getattr(package, "__path__", ()), prefix=f"{package.__name__}."):
        found.append(importlib.import_module(info.name))
    return found


def calling_module() -> ModuleType:
    """Return the module outside this package from which it was called."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "earmark":
        frame = frame.f_back
    name = frame.f_globals.get("__name__", "")
    module = sys.modules.get(name)
    if module is not None and vars(module) is frame.f_globals:
        return module
    made = ModuleType(name or "__main__")
    made.__dict__.update(frame.f_globals)
    return made


def _things_in(modules: Iterable[ModuleType], kinds: tuple[type, ...]) -> Iterator[Any]:
    """Give each thing of some kinds once; refuse an asset or check that two modules define."""
    seen: set[int] = set()
    owner: dict[Any, str] = {}
    for module in modules:
        for thing in _variables(module):
            if not isinstance(thing, kinds) or id(thing) in seen:
                continue
            seen.add(id(thing))
            for key in _keys_of(thing):
                if key in owner:
                    raise DagsterInvalidDefinitionError(
                        f"{key.to_user_string()!r} is defined twice: in the module {owner[key]!r} and in"
                        f" {module.__name__!r}.",
                        where=getattr(thing, "location", None),
                    )
                owner[key] = module.__name__
            yield thing


def _variables(module: ModuleType) -> Iterator[Any]:
    for value in list(vars(module).values()):
        if isinstance(value, list):
            yield from value
        else:
            yield value


def _keys_of(thing: Any) -> Iterable[Any]:
    if isinstance(thing, AssetsDefinition):
        return thing.asset_and_check_keys
    return (thing.key,)


def _replacements(things: Iterable[Any], key_prefix: Any, source_key_prefix: Any) -> Mapping[AssetKey, AssetKey]:
    found: dict[AssetKey, AssetKey] = {}
    for thing in things:
        if isinstance(thing, SourceAsset):
            if source_key_prefix is not None:
                found[thing.key] = thing.key.with_prefix(source_key_prefix)
        elif key_prefix is not None:
            keys = (thing.key,) if isinstance(thing, AssetSpec) else thing.keys
            found.update({key: key.with_prefix(key_prefix) for key in keys})
    return found


def _changed(
    thing: Any,
    keys: Mapping[AssetKey, AssetKey],
    group_name: str | None,
    automation_condition: Any,
    backfill_policy: BackfillPolicy | None,
    where: SourceLocation | None,
) -> Any:
    for spec in _specs_of(thing):
        if group_name is not None and spec.group_name not in (None, group_name):
            raise DagsterInvalidDefinitionError(
                f"The asset {spec.key.to_user_string()!r} names the group {spec.group_name!r}, but it is loaded into"
                f" the group {group_name!r}.",
                where=getattr(thing, "location", None) or where,
            )
    if isinstance(thing, SourceAsset):
        return thing.with_attributes(group_name=group_name, key=keys.get(thing.key))
    if isinstance(thing, AssetSpec):
        changes: dict[str, Any] = {} if group_name is None else {"group_name": group_name}
        if automation_condition is not None:
            changes["automation_condition"] = automation_condition
        deps = tuple(dep if dep.asset not in keys else _moved(dep, keys) for dep in thing.deps)
        return thing.replace_attributes(key=keys.get(thing.key, thing.key), deps=deps, **changes)
    groups = {} if group_name is None else dict.fromkeys(thing.keys, group_name)
    return thing.with_attributes(
        asset_key_replacements=keys,
        group_names_by_key=groups,
        automation_condition=automation_condition,
        backfill_policy=backfill_policy,
    )


def _specs_of(thing: Any) -> Sequence[AssetSpec]:
    if isinstance(thing, AssetsDefinition):
        return thing.specs
    return (thing,) if isinstance(thing, AssetSpec) else (thing.spec,)


def _moved(dep: Any, keys: Mapping[AssetKey, AssetKey]) -> Any:
    from msgspec.structs import replace

    return replace(dep, asset=keys[dep.asset])
