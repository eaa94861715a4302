"""A feed, handed to a handler: it knows no store."""
