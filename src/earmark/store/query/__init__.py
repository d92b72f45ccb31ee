"""Finding runs: queries answered with sets of numbers, newest first."""
