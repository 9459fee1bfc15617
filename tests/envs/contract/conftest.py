"""What every environment must do, checked for all tasks on levels of the task's own level generators.

A task takes part as soon as it is registered. What is particular to its environment is tested in a file of
the environment's name. That the files of its packs are intact and share no layout with training levels is
tested in tests/benchmarks/test_packs.py.

For each task a few programs are compiled, as cheaply as possible; all tests look at what they return. The
fixtures are shared by all files of this folder: pytest runs all tests of one task before those of the next.
"""

import functools

import jax
import numpy as np
import pytest

from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.packs import load_pack
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.tasks.task import PACKS, PAIRED_PACKS
from tests.envs.contract.plans import PlayedPlans, play_plans
from tests.envs.contract.pytrees import at, joined
from tests.envs.contract.rollouts import KEY, STEPS, compile_quickly, roll

GENERATED = 64
"""Levels drawn from each generator."""
PLAYED = 16
"""Levels of each generator, the first of them, on which episodes are played."""
READ = 4
"""Levels of each generator and of each pack, the first of them, that are written as text and read again."""
PLANNED_STATES = 1 << 18
"""States that are planned at once, at most: the more states a level has, the fewer levels are planned."""


@functools.partial(compile_quickly, static_argnums=0)
def _generate(generators, key):
    keys = jax.random.split(key, GENERATED)
    return [jax.vmap(generator)(keys) for generator in generators]


@pytest.fixture(scope="session", params=list(TASKS))
def task(request):
    return load_task(request.param)


@pytest.fixture(scope="session")
def generate_pools(task):
    """A function of a random key: a pool of levels by pack, every generator called with the same keys."""

    def generate(key):
        pools = _generate(tuple(task.generators[pack] for pack in PACKS), key)
        return dict(zip(PACKS, jax.tree.map(np.asarray, pools), strict=True))

    return generate


@pytest.fixture(scope="session")
def pools(generate_pools):
    """A pool of generated levels by pack, paired level by level."""
    return generate_pools(KEY)


@pytest.fixture(scope="session")
def packs(task):
    """The first levels of each frozen pack."""
    return {pack: jax.tree.map(np.asarray, at(load_pack(task, pack), slice(READ))) for pack in PACKS}


@pytest.fixture(scope="session")
def plans(task, pools):
    """By pack, `PlayedPlans` on some of its levels; empty where the states have no numbers."""
    found = {}
    if not task.planned:
        return found
    for pair in PAIRED_PACKS.items():
        count = min(PLAYED, max(1, PLANNED_STATES // task.env.state_count(at(pools[pair[0]], 0))))
        both = joined([at(pools[pack], slice(count)) for pack in pair])
        played = jax.tree.map(np.asarray, play_plans(task.planner, both))
        for first, pack in enumerate(pair):
            part = slice(first * count, (first + 1) * count)
            found[pack] = PlayedPlans(*at(played, part))
    return found


@pytest.fixture(scope="session")
def played(pools):
    """The pool on which episodes are played: levels as in training, then the paired levels under shift."""
    return joined([at(pools[pack], slice(PLAYED)) for pack in ("iid", "shift")])


@pytest.fixture(scope="session")
def actions(task, plans):
    """Actions for `roll`: random ones; where there are plans, an episode begins by the optimal ones."""
    count = 4 * PLAYED
    chosen = np.random.default_rng(0).integers(0, task.env.num_actions, (STEPS, count))
    for first, pack in enumerate(("iid", "shift")):
        if pack in plans:
            best = plans[pack].actions[:, 0, :STEPS].T
            chosen[: len(best), first * PLAYED : first * PLAYED + best.shape[1]] = best
    return chosen


@pytest.fixture(scope="session")
def rollout(task, played, actions):
    return roll(task.env, played, actions)


@pytest.fixture(scope="session")
def rollout_of_three_steps(task, played, actions):
    """The same with a time limit of three steps."""
    return roll(task.env, played, actions, time_limit=3)


@pytest.fixture(scope="session")
def views(task, pools, actions, rollout):
    """All observations of rollouts on the four packs: bool[views, VIEW, VIEW, channels]."""
    harder = roll(
        task.env, joined([at(pools[pack], slice(PLAYED)) for pack in ("hard", "hard_shift")]), actions
    )
    seen = np.concatenate((rollout.observation, harder.observation))
    return seen.reshape(-1, *seen.shape[2:])
