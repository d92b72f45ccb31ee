"""What an IO manager sees: the output it stores, the input it loads."""
