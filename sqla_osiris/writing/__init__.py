"""From a change, or an event, to rows."""
