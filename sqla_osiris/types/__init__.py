"""The values that a column takes: the same ones on every store."""
