"""The shapes of what the API answers and takes: one struct for each, by the name that the contract gives it."""
