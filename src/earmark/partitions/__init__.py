"""Partitions and cron: arithmetic on keys, windows and ticks, without a database."""
