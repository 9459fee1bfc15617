"""The task trees-v1."""

import jax
import jax.numpy as jnp

from gmbench.agents.ppo import PPOConfig
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.tasks.scripts import ABSENT, nearest, towards
from gmbench.benchmarks.tasks.task import Task, make_budgets
from gmbench.envs.core.boards import Board
from gmbench.envs.core.fields import LENGTH
from gmbench.envs.trees import Trees, TreesLevels, TreesState, count_trees

SHORT, LONG = 25, 400
"""Steps of an episode in training and under shift."""
FULL, HALF = 10, 5
"""Numbers of trees at the start of the familiar and of the harder levels."""
PATIENCE = 75
"""In episodes with more steps than this, sustaining the forest gives more wood than clearing it."""
LEAST_STANDING = 8
"""The script that sustains the forest waits while fewer trees than this are standing."""
WAIT = Trees.actions.index("wait")
"""The action that does nothing."""


def keep_forest(level: Board, state: TreesState) -> jax.Array:
    """The script for wood. It chops as fast as possible, but in long episodes only while enough trees stand.

    It waits next to a tree.
    """
    tree, steps = nearest(state, state.places)
    spares = (level.facts[LENGTH] > PATIENCE) & (count_trees(state) < LEAST_STANDING) & (steps == 1)
    return jnp.where(spares | (steps == ABSENT), WAIT, towards(state, tree))


def clear_forest(level: Board, state: TreesState) -> jax.Array:
    """The script for clearing. It chops as fast as possible."""
    tree, steps = nearest(state, state.places)
    return jnp.where(steps == ABSENT, WAIT, towards(state, tree))


TASK = Task(
    description=TASKS["trees-v1"],
    env=Trees(),
    generators={
        "iid": TreesLevels(length=SHORT, trees=FULL),
        "shift": TreesLevels(length=LONG, trees=FULL),
        "hard": TreesLevels(length=SHORT, trees=HALF),
        "hard_shift": TreesLevels(length=LONG, trees=HALF),
    },
    counting="all",
    score_discount=1.0,
    files={
        "iid.npz": "e960a84bd7bfc8c317947eb0369b5f5fddf1a1ce8d6723efe95229d7ca479af0",
        "shift.npz": "6e6853829fb9358e0955f4cb0b4e19054a5159c751a4c9552a71777eaf514391",
        "hard.npz": "4e41a43600043dd6c4a92f8febf378c9e404314b689cb2f51097be40fabe66c3",
        "hard_shift.npz": "d79edc7dcc91aa081c8b1fa299f90f94c72d2680357c463372dc8433dcc5ea07",
        "references.json": "04d128e21fe4f7c2d480e230c77e132b3070f9b4cdffe551dcfdc0d49b099624",
    },
    budgets=make_budgets(quick=400_000, standard=4_000_000),
    configs={
        "ppo": PPOConfig(
            num_envs=32,
            num_steps=24,
            learning_rate=3e-3,
            discount=0.995,
            gae_lambda=0.95,
            reward_scale=0.5,
            hidden=(32, 64),
        )
    },
    scripts={"wood": keep_forest, "clearing": clear_forest},
    limits={
        "wood, 30% random": "in long episodes an agent has time to make up for random actions",
        "clearing, 30% random": "an agent that chops slowly leaves trees from which the forest regrows",
        "clearing, 50% random": "an agent that chops slowly leaves trees from which the forest regrows",
    },
)
