"""A bakery's books. Nothing in this package knows of Earmark."""
