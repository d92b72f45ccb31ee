"""How the steps of a run are executed: one after the other in this process, or each in a process of its own."""
