"""The tasks of the benchmark: one module per task, which defines it as ``TASK``."""
