"""Dagster types: what checks a value between steps."""
