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
        raise UsageError(f"the algorithm {name!r} cannot be imported: {_describe(error)}") from error
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


def _describe(error: BaseException) -> str:
    """Returns in one line which error the import of a module raised, and where."""
    message = " ".join(str(error).split())
    frame = traceback.extract_tb(error.__traceback__)[-1]
    known = isinstance(error, SyntaxError) or not Path(frame.filename).is_file() or frame.filename == __file__
    place = "" if known else f" ({Path(frame.filename).name}, line {frame.lineno})"
    return f"{type(error).__name__}: {message}{place}" if message else f"{type(error).__name__}{place}"
