"""Decorators and builders: each makes a spec, and keeps the user's function beside it."""
