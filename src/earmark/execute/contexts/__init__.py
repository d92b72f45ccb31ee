"""What user code sees as ``context``: views of the scope at hand, one for each concern; nothing is kept in a view."""
