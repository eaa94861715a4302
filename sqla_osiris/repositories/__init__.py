"""One model's log in one store: the interface, and a module for each store."""
