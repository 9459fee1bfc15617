"""The task monsters-v1."""

import jax
import jax.numpy as jnp

from gmbench.agents.ppo import PPOConfig
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.tasks.scripts import ABSENT, distances, nearest, towards
from gmbench.benchmarks.tasks.task import Task, make_budgets
from gmbench.envs.core.boards import Board
from gmbench.envs.monsters import (
    APPLE_SLICE,
    MONSTER_SLICE,
    SHIELD_SLICE,
    Monsters,
    MonstersLevels,
    MonstersState,
)

SHORT, LONG = 25, 200
"""Steps of an episode in training and under shift."""
FEW, MANY = 5, 8
"""Numbers of monsters of the familiar and of the harder levels."""
NEAR = 4
"""Distance in steps up to which a monster is a danger."""
NEARER = 2
"""An apple is preferred to a shield that is needed only later if it is nearer by more than this many
steps."""


def pick_apples(level: Board, state: MonstersState) -> jax.Array:
    """The script for apples. It collects shields only while it has fewer shields than there are monsters."""
    apple, to_apple = nearest(state, state.places[APPLE_SLICE])
    shield, to_shield = nearest(state, state.places[SHIELD_SLICE])
    monsters = distances(state, state.places[MONSTER_SLICE])
    wanted = state.held < jnp.sum(monsters < ABSENT)
    urgent = state.held < jnp.sum(monsters <= NEAR)
    arms = wanted & (urgent | (to_shield <= to_apple + NEARER))
    return towards(state, jnp.where(arms, shield, apple))


def collect_shields(level: Board, state: MonstersState) -> jax.Array:
    """The script for shields. It always goes to the nearest shield."""
    return towards(state, nearest(state, state.places[SHIELD_SLICE])[0])


TASK = Task(
    description=TASKS["monsters-v1"],
    env=Monsters(),
    generators={
        "iid": MonstersLevels(length=SHORT, monsters=FEW),
        "shift": MonstersLevels(length=LONG, monsters=FEW),
        "hard": MonstersLevels(length=SHORT, monsters=MANY),
        "hard_shift": MonstersLevels(length=LONG, monsters=MANY),
    },
    counting="all",
    score_discount=1.0,
    files={
        "iid.npz": "2e0b9ab94eefb6211ac48a3d36ae131856ac8b2acb0d6a291dab116434611ab6",
        "shift.npz": "05d5ae3a1aebb7a3551c4d2520b5ec995165fbf2b89015b5fa187c4608dc7f2a",
        "hard.npz": "27fa4c50c6285fd14a21d8daae023e561f6a9293c49dabf2b95781d72293250d",
        "hard_shift.npz": "c0665fae5b9ac4ce48b9b0eb47c7f26089d0f089fdbe4bfe94d60f236f30378f",
        "references.json": "ffb8ea0aa88a74f34cce5dd6f9907fd4791bd6f79d0309bcc5a8b2d73e81e763",
    },
    budgets=make_budgets(quick=1_000_000, standard=5_000_000),
    configs={
        "ppo": PPOConfig(
            num_envs=32,
            num_steps=24,
            learning_rate=3e-3,
            discount=0.95,
            gae_lambda=0.9,
            reward_scale=0.2,
            hidden=(32, 64),
        )
    },
    scripts={"apples": pick_apples, "shields": collect_shields},
    limits=dict.fromkeys(
        ("apples, 10% random", "apples, 30% random", "shields, 30% random"),
        "in long episodes the random policy loses so much to the monsters that clumsy agents lose little",
    ),
)
