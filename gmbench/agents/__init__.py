"""Algorithms, reference policies, and the registry of algorithms. Importing it does not import JAX."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gmbench.errors import UsageError, hint

ALGORITHMS = {"ppo": "gmbench.agents.ppo:PPO.for_steps", "ppo-rnn": "gmbench.agents.ppo:recurrent"}
"""The path of the factory of each algorithm, by the algorithm's name. A factory is a function of
(env, steps[, config]) that returns a `gmbench.agents.algorithm.Algorithm`."""
PACKAGE = Path(__file__).parents[1]
LIBRARIES = ("jax", "jaxlib", "flax", "numpy", "optax", "distrax", "chex", "equinox", "gymnax")
LONGEST_MESSAGE = 200
"""The most characters of the message of an error that are shown."""


def load_algorithm(name: str) -> Callable[..., Any]:
    """Imports the factory of an algorithm.

    Args:
        name: the name of an algorithm in `ALGORITHMS`, or the path of any other factory as
            ``package.module:factory``. Its module is looked for in the current folder too, after all others.

    Raises:
        UsageError: if there is no such algorithm.
    """
    module, colon, attribute = ALGORITHMS.get(name, name).partition(":")
    if not (module and colon and attribute):
        own = "and your own is named as package.module:factory"
        known = hint(name, ALGORITHMS, f"the algorithms are {', '.join(ALGORITHMS)}, {own}")
        raise UsageError(f"there is no algorithm {name!r}; {known}")
    if name not in ALGORITHMS:
        _look_in_current_folder()
    try:
        found: Any = importlib.import_module(module)
    except (Exception, SystemExit) as error:  # The module of somebody else may fail in any way.
        raise UsageError(f"the algorithm {name!r} cannot be imported: {describe_error(error)}") from error
    for part in attribute.split("."):
        if not hasattr(found, part):
            known = hint(part, dir(found), "name a function of that module")
            raise UsageError(f"the algorithm {name!r} cannot be imported: {module} has no {part!r}; {known}")
        found = getattr(found, part)
    if not callable(found):
        raise UsageError(f"the algorithm {name!r} is not a function of (env, steps) that makes a learner")
    return found  # type: ignore[no-any-return]


def _look_in_current_folder() -> None:
    """Lets modules be imported from the current folder, as ``python -m`` does; the script gmbench does not.

    The folder comes last, so that nothing in it takes the place of an installed package.
    """
    try:
        folder = os.getcwd()
    except OSError:
        return  # It has been removed.
    if not {"", folder} & set(sys.path):
        sys.path.append(folder)


def describe_error(error: BaseException) -> str:
    """Returns in one line which error the code of somebody else raised, and where in that code."""
    message = " ".join(str(error).split())
    if len(message) > LONGEST_MESSAGE:
        message = f"{message[:LONGEST_MESSAGE].rstrip()} ..."
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame.filename)]
    known = isinstance(error, SyntaxError) or not own
    place = "" if known else f" ({Path(own[-1].filename).name}, line {own[-1].lineno})"
    return f"{type(error).__name__}: {message}{place}" if message else f"{type(error).__name__}{place}"


def _is_own(file: str) -> bool:
    """Whether a file is neither of gmbench, nor of Python, nor of a library that algorithms are made with."""
    path = Path(file)
    if not path.is_file() or PACKAGE in path.parents:
        return False
    if "site-packages" in path.parts:
        return path.parts[path.parts.index("site-packages") + 1] not in LIBRARIES
    return Path(os.__file__).parent not in path.parents
