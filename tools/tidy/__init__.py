"""The rules of the house that no linter knows, as tests. `rules.py` is the table; `python -m tools.tidy` checks them."""
