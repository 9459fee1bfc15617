"""The task monsters-v1."""

import jax
import jax.numpy as jnp

from gmbench.agents.ppo import PPOConfig
from gmbench.benchmarks.tasks.scripts import ABSENT, distances, nearest, towards
from gmbench.benchmarks.tasks.task import Budget, Task
from gmbench.envs.boards import Board
from gmbench.envs.monsters import (
    APPLE_SLICE,
    MONSTER_SLICE,
    SHIELD_SLICE,
    Monsters,
    MonstersLevels,
    MonstersState,
)

SHORT, LONG = 25, 200
"""Steps of the episodes in training and under shift."""
FEW, MANY = 5, 8
"""Monsters of the familiar and of the harder levels."""
NEAR = 4
"""Steps within which a monster is a danger."""
NEARER = 2
"""By more steps than these, an apple must be nearer than a shield that will be wanted later."""


def pick_apples(level: Board, state: MonstersState) -> jax.Array:
    """The script for apples: shields only as long as there are more monsters than shields held."""
    apple, to_apple = nearest(state, state.places[APPLE_SLICE])
    shield, to_shield = nearest(state, state.places[SHIELD_SLICE])
    monsters = distances(state, state.places[MONSTER_SLICE])
    wanted = state.held < jnp.sum(monsters < ABSENT)
    urgent = state.held < jnp.sum(monsters <= NEAR)
    arms = wanted & (urgent | (to_shield <= to_apple + NEARER))
    return towards(state, jnp.where(arms, shield, apple))


def collect_shields(level: Board, state: MonstersState) -> jax.Array:
    """The script for shields: always the nearest one."""
    return towards(state, nearest(state, state.places[SHIELD_SLICE])[0])


TASK = Task(
    id="monsters-v1",
    title="Apples, shields and monsters, in short episodes",
    source="Shah et al. 2022, section 3.1 (Monster Gridworld)",
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
        "iid.npz": "55588ce54cdc05689c7fdc9dda105908aa04d6d9866ea9166bdd9cdb0aafdfa0",
        "shift.npz": "c08550f72d75a7397963a8b3b74edd444258a912db6edaf22f49ee535b37098d",
        "hard.npz": "2351f3bb08dd3e0a1a498a6ecb582203be20ff0ba450097c35e11c718e9c9b38",
        "hard_shift.npz": "1e58322cc059836c65a24fbc9fb693f6239974579088b76baf02192e3b7155d9",
        "references.json": "8a99cf92aaae63eda65054d5ad9b2ca3d16f34f00adcd4d8a0aaf7369b2bbcb5",
    },
    budgets={
        "quick": Budget(seeds=8, steps=500_000, levels=8192),
        "standard": Budget(seeds=32, steps=5_000_000, levels=65_536),
    },
    configs={
        "ppo": PPOConfig(
            environments=32,
            rollout=24,
            learning_rate=3e-3,
            discount=0.95,
            decay=0.9,
            reward_scale=0.2,
            hidden=(32, 64),
        )
    },
    scripts={"apples": pick_apples, "shields": collect_shields},
)
