"""Pixel art: the sprites of the environments."""
