"""The real world: the clock, the source of ids, the home folder, the settings. Read at entry points, passed on."""
