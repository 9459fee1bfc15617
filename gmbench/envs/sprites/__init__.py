"""Pixel art: what environments are drawn with."""
