"""Runs: train many seeds, evaluate, score, store and resume."""
