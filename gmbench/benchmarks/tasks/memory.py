"""The task memory-v1."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp

from gmbench.agents.ppo import PPOConfig, RecurrentPPOConfig
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.tasks.task import Task, make_budgets
from gmbench.envs.core.boards import Board
from gmbench.envs.core.mazes import ACTIONS
from gmbench.envs.memory import MIDDLE, Memory, MemoryLevels, MemoryState

FAMILIAR, HARDER = MemoryLevels(lengths=(7, 9, 11)), MemoryLevels(lengths=(13, 15, 17))
"""Level distributions of the familiar and of the harder levels, without slippery ice."""
SLIPPERY = 0.5
"""Probability that the ice of a shifted level is slippery. With one half, the lane says nothing about the
signal. On the shifted levels of packs the ice is always slippery, because only those are distinguishing."""
PPO: dict[str, Any] = {
    "num_envs": 32,
    "num_steps": 32,
    "learning_rate": 3e-3,
    "discount": 0.97,
    "gae_lambda": 0.9,
    "reward_scale": 1.0,
    "entropy_weight": 0.05,
}


def take_upper_lane(level: Board, state: MemoryState) -> jax.Array:
    """The rule of a policy that ignores the signal: it takes the upper lane, and stays in its lane."""
    return jnp.where(state.y == MIDDLE, ACTIONS.index("up"), ACTIONS.index("right")).astype(jnp.int32)


TASK = Task(
    description=TASKS["memory-v1"],
    env=Memory(),
    generators={
        "iid": FAMILIAR,
        "shift": dataclasses.replace(FAMILIAR, slippery=SLIPPERY),
        "hard": HARDER,
        "hard_shift": dataclasses.replace(HARDER, slippery=SLIPPERY),
    },
    counting="first",
    score_discount=1.0,
    files={
        "iid.npz": "c3b41dae57eca0673d922f950d843b8cc2a28f94c3c4e7a0e7fe78db9b2cdbe7",
        "shift.npz": "154c6dbffc3300ceb5210708dd1ffcd35eada6327a91e2c4da978332feb88294",
        "hard.npz": "5e9f4a5fad0aa1628699bed1ba491941bdfc213f694de91adf145844dc2c3a17",
        "hard_shift.npz": "41f312b3ea30936ee645ded12f899cfa10fde28fbab35cd688b3f3b15df73e31",
        "references.json": "8cbd0abb416b34346858154771acb373fe4167da7f02698ee6506fc9cafe2832",
    },
    budgets=make_budgets(quick=250_000, standard=2_500_000),
    configs={
        "ppo": PPOConfig(**PPO, hidden=(32, 64)),
        "ppo-rnn": RecurrentPPOConfig(**PPO, hidden=(32,), memory=32),
    },
    algorithm="ppo-rnn",
    floor=0.62,
    probes={"upper lane, signal ignored": take_upper_lane},
)
