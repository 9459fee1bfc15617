"""Helpers that run gmbench in a process of its own, with an environment that a test chooses."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULE = [sys.executable, "-m", "gmbench"]
SCRIPT = [str(Path(sys.executable).with_name("gmbench"))]
"""The console script."""
SETTLED = ("JAX_COMPILATION_CACHE_DIR", "XLA_FLAGS", "TF_CPP_MIN_LOG_LEVEL", "MPLBACKEND")
"""Variables that the tests' own process has set, as commands do."""


def environment(**variables):
    """Returns the environment of a process that inherits nothing of what commands set, and some variables."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    kept = {name: value for name, value in os.environ.items() if name not in SETTLED}
    return {**kept, "PYTHONPATH": path, **{name: str(value) for name, value in variables.items()}}


def run_process(command, *, cwd, variables=None, **options):
    """Runs a command to its end: its status, and its stdout and stderr as text."""
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment(**(variables or {})),
        text=True,
        check=False,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )
