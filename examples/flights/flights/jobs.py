"""Which tables are refreshed together. A job is a selection with a name: no list of tables to keep up to date."""

import earmark as em

from flights.labels import DOMAINS

refresh_all = em.define_asset_job(
    "refresh_all",
    selection="not group:calendar",
    description="All tables that are made as a whole; those of the calendar are made by day and by month.",
    tags={"team": "platform"},
)

refresh_domain = [
    em.define_asset_job(
        f"refresh_{domain}",
        # Everything about the domain, and (the plus) whatever that is made from.
        selection=f"+(tag:domain={domain} not group:calendar)",
        description=f"All tables about {domain}, from the source to the report.",
        # These tags go to every run of the job: find the runs by them, and let them steer the queue.
        tags={"domain": domain, "team": "insights", "dagster/priority": "1", "dagster/max_runtime": "600"},
    )
    for domain in DOMAINS
]

refresh_personal = em.define_asset_job(
    "refresh_personal",
    selection="tag:pii=true",
    description="Only the tables that lead to persons, for instance after a request to be forgotten.",
    tags={"team": "platform", "audit": {"reason": "erasure", "ticket": None}},
)

refresh_day = em.define_asset_job(
    "refresh_day",
    selection="day_at_the_airports",
    description="One day of the calendar, from the table of flights as it is.",
    tags={"domain": "operations", "team": "flight-ops"},
)

jobs = [refresh_all, *refresh_domain, refresh_personal, refresh_day]
