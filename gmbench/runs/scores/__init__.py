"""Scores of runs, suites and sweeps."""
