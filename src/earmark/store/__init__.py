"""Where events, runs, assets and everything else that must outlive a process are kept."""
