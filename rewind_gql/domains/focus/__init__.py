"""The domain of focus sessions: what devices send of work and rest, and where it disagrees."""
