"""The contract of algorithms: what one must be, checked from shapes alone before anything is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.agents import describe_error
from gmbench.agents.algorithm import Algorithm
from gmbench.benchmarks.packs import load_pack
from gmbench.benchmarks.tasks.task import PACKS, Task
from gmbench.checks import check_whole
from gmbench.envs.core.environment import EnvParams
from gmbench.envs.core.levels import select, take
from gmbench.errors import UsageError
from gmbench.runs.sharding import stacked_shapes

METHODS = ("init", "update", "policy")
OWN_COLUMNS = ("seed", "update", "steps")
"""Columns of the table of learning curves that are not metrics."""
LEVELS = 2
"""Levels in the pool with which an algorithm is traced; their number makes no difference."""
SEEDS = 2
"""Seeds that are traced together."""
LEVELS_PROBED = 16
"""Levels on which an untrained policy acts once, to see that it chooses actions."""


class BrokenContract(UsageError):
    """An algorithm does not do what `gmbench.agents.algorithm.Algorithm` requires."""


def check_contract(name: str, algorithm: Algorithm[Any], task: Task) -> None:
    """Checks that an algorithm can be trained and evaluated on a task. Nothing is compiled or drawn.

    Args:
        name: the name of the algorithm, which messages begin with.
        algorithm: the algorithm, for one seed.
        task: the task.

    Raises:
        BrokenContract: a method is missing, fails, or returns something else than it should.
    """
    with _about(name):
        _check_members(algorithm)
        params, key = level_shapes(task), key_shape()
        learner = _trace("init", algorithm.init, key, params)
        if not jax.tree.leaves(learner):
            raise BrokenContract("its init returns a learner without any array; let it hold its random key")
        updated, metrics = _check_pair(_trace("update", algorithm.update, learner, params))
        _check_same("update", "learner", learner, updated)
        _check_metrics(metrics)
        policy = _trace("policy", algorithm.policy, learner)
        check_policy(policy, task, params, key)
        _check_batches(algorithm, learner, params)


def level_shapes(task: Task) -> EnvParams:
    """The shapes of parameters of the environment of a task, with a pool of a few levels."""
    level = jax.eval_shape(task.training_levels(), key_shape())
    return task.env.params(stacked_shapes(level, (LEVELS,)))


def key_shape() -> jax.ShapeDtypeStruct:
    """The shape of a random key."""
    shape: jax.ShapeDtypeStruct = jax.eval_shape(lambda: jax.random.key(0))
    return shape


def check_policy(policy: Any, task: Task, params: EnvParams, key: jax.ShapeDtypeStruct) -> None:
    """Checks that a policy of these shapes can act.

    Raises:
        BrokenContract: it cannot.
    """
    for method in ("start", "act"):
        if not callable(getattr(policy, method, None)):
            raise BrokenContract(f"its policy returns {_kind(policy)} without a method {method}")
    env = task.env

    def observe(params: EnvParams) -> jax.Array:
        level = take(params.levels, jnp.int32(0))
        return env.view(level, env.start(level))

    carry = _trace("policy.start", lambda policy: policy.start(), policy)
    observation = jax.eval_shape(observe, params)

    def act(policy: Any, carry: Any, observation: jax.Array, key: jax.Array) -> Any:
        return policy.act(carry, observation, key)

    acted = _trace("policy.act", act, policy, carry, observation, key)
    if not isinstance(acted, tuple) or len(acted) != 2:
        raise BrokenContract(
            f"its policy.act must return the action and the next carry, not {_described(acted)}"
        )
    action, following = acted
    if not _is_array(action) or action.shape or not jnp.issubdtype(action.dtype, jnp.integer):
        raise BrokenContract(
            f"its policy.act must return one action as an integer scalar, the index of an action, and not "
            f"{_described(action)}"
        )
    _check_same("policy.act", "carry", carry, following)


def check_first_actions(name: str, algorithm: Algorithm[Any], task: Task) -> None:
    """Checks the actions of an untrained policy in the first states of some levels.

    It may choose other actions when it is trained, which the evaluation checks.

    Args:
        name: the name of the algorithm, which messages begin with.
        algorithm: the algorithm, for one seed. It keeps the contract.
        task: the task.

    Raises:
        BrokenContract: it chooses a number that is no action, or fails.
    """
    levels = select(load_pack(task, PACKS[0]), np.arange(LEVELS_PROBED))
    params = task.env.params(levels)

    def act(index: jax.Array) -> jax.Array:
        level = take(params.levels, index)
        init_key, act_key = jax.random.split(jax.random.key(index))
        policy = algorithm.policy(algorithm.init(init_key, params))
        observation = task.env.view(level, task.env.start(level))
        action, _ = policy.act(policy.start(), observation, act_key)
        return jnp.asarray(action, jnp.int32)

    with _about(name):
        try:
            actions = np.asarray(jax.jit(jax.vmap(act))(jnp.arange(LEVELS_PROBED)))
        except Exception as error:  # The code of somebody else may fail in any way.
            raise BrokenContract(f"its untrained policy cannot act: {describe_error(error)}") from error
        wrong = actions[(actions < 0) | (actions >= task.env.num_actions)]
        if wrong.size:
            raise BrokenContract(
                f"its policy.act chose the action {wrong[0]}, and the actions of {task.id} are 0 to "
                f"{task.env.num_actions - 1}"
            )


def _check_members(algorithm: Any) -> None:
    for method in METHODS:
        if not callable(getattr(algorithm, method, None)):
            raise BrokenContract(f"{_kind(algorithm)} has no method {method}")
    if not hasattr(algorithm, "steps_per_update"):
        raise BrokenContract(f"{_kind(algorithm)} has no attribute steps_per_update")
    steps = algorithm.steps_per_update
    if not isinstance(steps, int | np.integer):
        raise BrokenContract(f"its steps_per_update must be an int, not {_described(steps)}")
    check_whole("its steps_per_update", steps)


def _check_pair(result: Any) -> tuple[Any, Any]:
    if not isinstance(result, tuple) or len(result) != 2:
        raise BrokenContract(f"its update must return the learner and its metrics, not {_described(result)}")
    return result[0], result[1]


def _check_metrics(metrics: Any) -> None:
    if not isinstance(metrics, Mapping):
        raise BrokenContract(f"its update must return metrics as a dictionary, not {_kind(metrics)}")
    for name, metric in metrics.items():
        if not isinstance(name, str) or not name.isprintable() or not name.strip():
            raise BrokenContract(f"its update names a metric {name!r}; the name must be a text")
        if name in OWN_COLUMNS:
            raise BrokenContract(
                f"its update names a metric {name!r}, which is a column of the learning curves already; "
                "give it another name"
            )
        numeric = _is_array(metric) and (
            jnp.issubdtype(metric.dtype, jnp.floating)
            or jnp.issubdtype(metric.dtype, jnp.integer)
            or metric.dtype == bool
        )
        if not numeric or metric.shape:
            raise BrokenContract(
                f"the metric {name!r} of its update must be a scalar number, not {_described(metric)}"
            )


def _check_same(method: str, what: str, before: Any, after: Any) -> None:
    """Checks that a method returns a pytree with the structure, shapes and dtypes of the one it was given."""
    forms: list[Any] = [jax.tree.structure(before), jax.tree.structure(after)]
    if forms[0] != forms[1]:
        raise BrokenContract(
            f"its {method} changes the structure of the {what}; it must return the same pytree with other "
            "numbers"
        )
    leaves = jax.tree.leaves_with_path(before)
    for (path, old), new in zip(leaves, jax.tree.leaves(after), strict=True):
        if (old.shape, old.dtype) != (new.shape, new.dtype):
            place = jax.tree_util.keystr(path) or "itself"
            raise BrokenContract(
                f"its {method} turns the array {place} of the {what} from {_described(old)} into "
                f"{_described(new)}; keep shape and dtype"
            )


def _check_batches(algorithm: Algorithm[Any], learner: Any, params: EnvParams) -> None:
    """Traces a second update, of several seeds at once, as training does it."""
    batch = stacked_shapes(learner, (SEEDS,))
    several = jax.vmap(algorithm.update, (0, None))
    updated, _ = _check_pair(_trace("update", several, batch, params, how=" under jax.vmap"))
    _check_same("second update", "learner", batch, updated)


def _trace(method: str, function: Callable[..., Any], *arguments: Any, how: str = "") -> Any:
    """The shapes of what a function returns.

    Raises:
        BrokenContract: it raises an error, or returns something that is no pytree of arrays.
    """

    def traced(*arguments: Any) -> Any:
        result = function(*arguments)
        for leaf in jax.tree.leaves(result):
            if not isinstance(leaf, jax.Array | np.ndarray | np.generic | int | float | complex):
                raise BrokenContract(
                    f"its {method} returns {_kind(leaf)} where arrays and pytrees of them belong"
                )
        return result

    try:
        return jax.eval_shape(traced, *arguments)
    except BrokenContract:
        raise
    except Exception as error:  # The code of somebody else may fail in any way.
        raise BrokenContract(f"its {method} cannot be traced{how}: {describe_error(error)}") from error


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _described(value: Any) -> str:
    return f"{value.dtype}{list(value.shape)}" if _is_array(value) else _kind(value)


def _kind(value: Any) -> str:
    """The type of a value in words."""
    name = type(value).__name__
    return f"{'an' if name[:1] in 'AEIOUaeiou' else 'a'} {name}"


@contextmanager
def _about(name: str) -> Iterator[None]:
    """Puts the name of an algorithm before the messages of a ``with`` block."""
    try:
        yield
    except UsageError as error:
        raise BrokenContract(f"the algorithm {name!r} cannot be used: {error}") from error.__cause__
