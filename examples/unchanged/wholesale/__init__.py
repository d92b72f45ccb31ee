"""A flower wholesaler: depots, days, suppliers that come and go. Nothing in this package knows of Earmark."""
