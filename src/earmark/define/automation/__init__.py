"""Schedules, sensors and what they ask for."""
