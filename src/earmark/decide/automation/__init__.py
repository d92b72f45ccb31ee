"""Declarative automation: which assets' conditions are true, why, and what is therefore asked for. Pure."""
