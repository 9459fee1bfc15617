"""How fast gmbench runs, and what limits it."""
