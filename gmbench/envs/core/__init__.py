"""What environments are made of: levels, goals, grids, text, rendering, and the shared worlds."""
