"""New York's departures of 2013, as a project: from a published archive to five reports."""
