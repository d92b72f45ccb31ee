"""What tests share: the real PostgreSQL server, the watch over child processes."""
