"""Measures how fast gmbench runs, and what limits its speed."""
