"""What a model's author touches, and how SQLAlchemy reads and writes it."""
