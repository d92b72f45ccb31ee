"""Checks that are built rather than written: of freshness, of columns, of numbers in metadata."""
