"""What things cost. ``make bench`` runs every case and writes the figures to ``benchmarks/results``."""
