"""The forms of a reducer: how it folds in SQL, or in Python while a row is read."""
