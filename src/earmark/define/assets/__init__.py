"""Assets, asset checks, and jobs over a selection of them."""
