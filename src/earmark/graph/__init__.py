"""How things hang together: orders, traversals and selections over assets and ops."""
