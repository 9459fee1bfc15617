"""Algorithms, reference policies, and the registry of algorithms. Importing it does not import JAX."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from gmbench.errors import UsageError

ALGORITHMS = {"ppo": "gmbench.agents.ppo:PPO.for_steps", "ppo-rnn": "gmbench.agents.ppo:recurrent"}
"""The path of the factory of each algorithm, by the algorithm's name. A factory is a function of
(env, steps[, config]) that returns a `gmbench.agents.algorithm.Algorithm`."""


def load_algorithm(name: str) -> Callable[..., Any]:
    """Imports the factory of an algorithm.

    Args:
        name: the name of an algorithm in `ALGORITHMS`, or the path of any other factory as
            ``package.module:factory``.

    Raises:
        UsageError: if there is no such algorithm.
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
