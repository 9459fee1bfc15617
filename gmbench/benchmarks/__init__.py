"""Tasks, frozen packs, evaluation, scoring and statistics: what makes it a benchmark."""
