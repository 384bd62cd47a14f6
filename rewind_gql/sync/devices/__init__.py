"""What devices say and what is said to them: uploads, timers, presence, preferences, the report."""
