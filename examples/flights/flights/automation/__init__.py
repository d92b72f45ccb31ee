"""Work that starts itself: by day, by the clock, by a file that arrives, and by what changed upstream."""
