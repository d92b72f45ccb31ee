"""What a run will do, as data: steps, what each takes and gives, and in which order they may start."""
