"""What host and guest say to each other, as data. No sockets here."""
