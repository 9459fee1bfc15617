"""The files of a run: tables, shards, checkpoints and provenance."""
