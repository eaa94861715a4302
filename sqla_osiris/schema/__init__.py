"""What the library knows of a model: fields, tables, the FROM element, and what a caller may ask."""
