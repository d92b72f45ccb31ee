import dagster as dg

from nursery.components.bed import Bed
from nursery.components.till import Till


@dg.component_instance
def shop(context: dg.ComponentLoadContext) -> Till:
    roses = context.load_component("beds/roses", Bed)
    return Till(roses.plants)
