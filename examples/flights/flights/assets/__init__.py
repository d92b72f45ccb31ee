"""Fifteen tables in three groups: `ingest` (as published), `core` (cleaned), `reporting` (for readers)."""
