"""How the wholesaler's tables are cut: by day, by week, by depot, by both, and by supplier."""

import dagster as dg

DAYS = dg.DailyPartitionsDefinition(start_date="2024-05-01", end_date="2024-05-20")
WEEKS = dg.WeeklyPartitionsDefinition(start_date="2024-05-06", end_date="2024-05-20", day_offset=1)
DEPOTS = dg.StaticPartitionsDefinition(["aalsmeer", "naaldwijk", "rijnsburg"])
DAYS_AND_DEPOTS = dg.MultiPartitionsDefinition({"day": DAYS, "depot": DEPOTS})
SUPPLIERS = dg.DynamicPartitionsDefinition(name="suppliers")
