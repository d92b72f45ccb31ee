"""A run: what was asked for, where it stands, and how events move it."""
