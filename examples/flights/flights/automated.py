"""The project with everything that starts itself. Point `module` in pyproject.toml here to switch it on."""

import earmark as em

from flights import definitions
from flights.automation.conditions import follow, follow_upstream
from flights.automation.daily import day_at_the_airports, refresh_day
from flights.automation.schedules import schedules
from flights.automation.sensors import sensors

defs = em.Definitions(
    assets=[*follow_upstream(definitions.defs.assets or []), day_at_the_airports],
    asset_checks=definitions.defs.asset_checks,
    jobs=[*(definitions.defs.jobs or []), refresh_day],
    resources=definitions.defs.resources,
    schedules=schedules,
    sensors=[*sensors, follow],
)
