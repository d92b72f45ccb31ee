"""Resources and IO managers: what user code reaches the world by."""
