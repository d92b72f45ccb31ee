"""Work that starts itself: by the clock, by a file that arrives, and by what changed upstream."""
