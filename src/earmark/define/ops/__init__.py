"""Ops, graphs and jobs, and how they are composed."""
