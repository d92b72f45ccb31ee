"""Code locations as the host sees them: a guest process each, its manifest, and the launching of workers there."""
