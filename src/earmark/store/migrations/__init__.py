"""Bringing stores up to date. Alembic is imported here and nowhere else."""
