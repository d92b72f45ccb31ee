"""The endpoints, one file per kind of thing. They translate; what is shown is made in ``earmark.views``."""
