"""The task instruct-v1."""

from typing import Literal

from gmbench.agents.ppo import PPOConfig
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.tasks.task import Task, make_budgets
from gmbench.envs.instruct import Instruct, InstructLevels

Named = Literal["red", "other"]
"""Whether the named object is the red one or another one."""


def _easy(named: Named) -> InstructLevels:
    """The familiar levels."""
    return InstructLevels(named=named, sizes=(9,), objects=(3,), walls=0.1, apart=5)


def _hard(named: Named) -> InstructLevels:
    """The harder levels."""
    return InstructLevels(named=named, sizes=(11, 13), objects=(4, 5), walls=0.2, apart=5)


TASK = Task(
    description=TASKS["instruct-v1"],
    env=Instruct(),
    generators={
        "iid": _easy("red"),
        "shift": _easy("other"),
        "hard": _hard("red"),
        "hard_shift": _hard("other"),
    },
    counting="first",
    score_discount=1.0,
    files={
        "iid.npz": "d5a1d441b7953c97c29d24bd9aa639b3e616cc9d2d6aca50ab76d84ba727fe81",
        "shift.npz": "91d7c3a8382d22dae4e2d2a0e50bd5ee35126ff0566a11021bfae1ad41474a83",
        "hard.npz": "b7493bbdf4cd6a646418cc9b4b13af7fe5755e69852dfa0bcbbc1a839ea37822",
        "hard_shift.npz": "ddaa7a2d571f7ab5dc19b70b747a131e4d0580320d99cddb97f1844d1e3a6f9b",
        "references.json": "38f44e393436faab5845cdffffcd430372b397ed9552bd760ce7fd5b88d5ca49",
    },
    budgets=make_budgets(quick=800_000, standard=8_000_000),
    configs={
        "ppo": PPOConfig(
            num_envs=32,
            num_steps=16,
            learning_rate=1e-3,
            discount=0.95,
            gae_lambda=0.9,
            entropy_weight=0.03,
            reward_scale=1.0,
            hidden=(64, 64),
        )
    },
)
