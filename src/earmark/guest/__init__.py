"""The process that holds user code: finding it, loading it, answering for it."""
