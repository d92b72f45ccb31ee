"""The words every other layer speaks: keys, states, identifiers, time, the wire format, errors."""
