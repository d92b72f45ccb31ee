"""Definitions loaded from a folder: Python modules, YAML files, and the component classes that these name."""
