"""Tags: the rules for keys and values, the system tags, the query language and the policies over them."""
