"""What was declared, as data. A spec is the same object in the user's process, on the wire and in the API."""
