"""Learners and reference policies, and the registry of algorithms, which is cheap to read."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from gmbench.errors import UsageError

ALGORITHMS = {"ppo": "gmbench.agents.ppo:PPO.for_steps", "ppo-rnn": "gmbench.agents.ppo:recurrent"}
"""Name, and where the factory stands: (env, steps[, config]) -> `gmbench.agents.algorithm.Algorithm`."""


def load_algorithm(name: str) -> Callable[..., Any]:
    """The factory of an algorithm: one of ours by name, or anybody's as ``package.module:factory``.

    Raises:
        UsageError: there is no such algorithm.
    """
    path = ALGORITHMS.get(name, name)
    module, colon, attribute = path.partition(":")
    if not colon:
        raise UsageError(
            f"there is no algorithm {name!r}; the algorithms are {', '.join(ALGORITHMS)}, "
            "and your own is named as package.module:factory"
        )
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"the algorithm {name!r} cannot be imported: {error}") from error
    if not callable(found):
        raise UsageError(f"the algorithm {name!r} is not a function of (env, steps) that makes a learner")
    return found  # type: ignore[no-any-return]
