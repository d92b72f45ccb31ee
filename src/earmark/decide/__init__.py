"""Pure decisions: (facts, now) -> what to do. Nothing here reads a clock, a file or a socket."""
