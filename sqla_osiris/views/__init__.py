"""The same events, folded by another key than the context."""
