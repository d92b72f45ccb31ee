"""One workload a file, written against the names that both systems share."""
