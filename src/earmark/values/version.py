"""The version of this package: what host and guest tell each other when they meet."""

__version__ = "0.1.0"
