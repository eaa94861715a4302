"""The constraints that a model puts on the present."""
