"""Pipes: a step starts a process of its own elsewhere, hands it its context and hears what it reports."""
