"""PostgreSQL: the store that several machines share."""
