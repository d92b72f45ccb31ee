"""The loops of the host: the queue, rescue, schedules, and what else happens without being asked."""
