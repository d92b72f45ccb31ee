"""A component made in Python: it has no attributes in YAML."""

import dagster as dg


class Till(dg.Component):
    """What is sold of some plants."""

    def __init__(self, plants: list[str]) -> None:
        self.plants = plants

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        @dg.asset(deps=[dg.AssetKey(["plants", name]) for name in self.plants], tags={"domain": "money"})
        def till() -> int:
            return len(self.plants)

        return dg.Definitions(assets=[till])
