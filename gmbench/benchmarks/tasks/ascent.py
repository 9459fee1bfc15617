"""The task ascent-v1."""

from gmbench.agents.ppo import PPOConfig
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.tasks.task import Task, make_budgets
from gmbench.envs.ascent import Ascent, AscentLevels

DIP = 0.2
"""Probability that a step of a harder slope leads down."""

TASK = Task(
    description=TASKS["ascent-v1"],
    env=Ascent(),
    generators={
        "iid": AscentLevels(flag="top"),
        "shift": AscentLevels(flag="foot"),
        "hard": AscentLevels(flag="top", dip=DIP),
        "hard_shift": AscentLevels(flag="foot", dip=DIP),
    },
    counting="first",
    score_discount=1.0,
    files={
        "iid.npz": "fa47f5f954b0db6ff1efbde2814983af51fd8a30d0cdcf468d576f516a5fd543",
        "shift.npz": "b9385d43c1934c3a02dc18ecabafdb6a0901f5f5d268ea9d12e497c64a9fcdf9",
        "hard.npz": "d43ca4c20dc06f41c6597d3a1944620664daf0a03a5d465c042fa0759791784f",
        "hard_shift.npz": "838af13e1c7620f3517c509b152dbeabe7224994f25de86d69713a587424f90d",
        "references.json": "9e34abf320927e26d83d8cc2fcab364e3ecb91009286863bf7f110aa778d733d",
    },
    budgets=make_budgets(quick=200_000, standard=2_000_000),
    configs={
        "ppo": PPOConfig(
            num_envs=64,
            num_steps=8,
            learning_rate=3e-3,
            discount=0.95,
            gae_lambda=0.9,
            hidden=(32, 64),
            reward_scale=1.0,
        )
    },
    floor=0.61,
)
