"""A component: what grows in a bed, as assets that follow one another."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import dagster as dg


@dataclass
class Watering(dg.Resolvable):
    """How often a bed is watered."""

    litres: int
    times_a_day: int = 1


def split(context: dg.ResolutionContext, names: str) -> list[str]:
    """Return the plants of a text."""
    return context.resolve_value(names).split()


class Bed(dg.Component, dg.Model, dg.Resolvable):
    """A bed: its soil, and an asset for each plant."""

    soil: dg.ResolvedAssetSpec
    plants: Annotated[list[str], dg.Resolver(split, model_field_type=str)]
    watering: Watering | None = None

    @staticmethod
    @dg.template_var
    def latin() -> Callable[[str], str]:
        return lambda name: {"rose": "rosa", "thyme": "thymus"}[name]

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        litres = self.watering.litres * self.watering.times_a_day if self.watering else 0

        @dg.multi_asset(
            name=f"bed_{context.path.name}",
            specs=[self.soil, *(dg.AssetSpec(["plants", name], deps=[self.soil.key]) for name in self.plants)],
        )
        def grow():
            for key in [self.soil.key, *(dg.AssetKey(["plants", name]) for name in self.plants)]:
                yield dg.MaterializeResult(asset_key=key, metadata={"litres": litres})

        return dg.Definitions(assets=[grow])
