"""gmbench: goal misgeneralization in reinforcement learning, benchmarked in pure JAX.

    env, params = gmbench.make("coinrun-v1")      # a gymnax environment on training levels
    result = gmbench.run("coinrun-v1", out="runs/coinrun")
    suite = gmbench.run_suite("core-v1", out="runs/core")
    sweep = gmbench.run_sweep("coinrun-v1", alpha=(0.0, 0.01, 0.1, 1.0), out="runs/sweep")

All are imported when they are first used, so that ``import gmbench`` is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gmbench.benchmarks.making import make
    from gmbench.runs.merge import merge
    from gmbench.runs.resume import resume
    from gmbench.runs.run import run
    from gmbench.runs.storage.results import Result
    from gmbench.runs.suite import SuiteResult, run_suite
    from gmbench.runs.sweep import SweepResult, merge_sweep, run_sweep

__version__ = "0.1.0.dev0"
__all__ = [
    "Result",
    "SuiteResult",
    "SweepResult",
    "make",
    "merge",
    "merge_sweep",
    "resume",
    "run",
    "run_suite",
    "run_sweep",
]

_HOMES = {
    "make": "gmbench.benchmarks.making",
    "run": "gmbench.runs.run",
    "Result": "gmbench.runs.storage.results",
    "merge": "gmbench.runs.merge",
    "resume": "gmbench.runs.resume",
    "run_sweep": "gmbench.runs.sweep",
    "merge_sweep": "gmbench.runs.sweep",
    "SweepResult": "gmbench.runs.sweep",
    "run_suite": "gmbench.runs.suite",
    "SuiteResult": "gmbench.runs.suite",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
