"""Configuration: what a run is given beside its inputs."""
