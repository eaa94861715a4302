"""From the log to a state: as it is now, as of a moment, and in the feed."""
