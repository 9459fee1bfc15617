"""The task query-v1."""

from gmbench.agents.ppo import PPOConfig
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.tasks.task import Task, make_budgets
from gmbench.envs.query import Query, QueryLevels

FEW, MANY = (2, 3), (4,)
"""Numbers of terms of the familiar and of the harder sums."""

TASK = Task(
    description=TASKS["query-v1"],
    env=Query(),
    generators={
        "iid": QueryLevels(unknowns=(1,), terms=FEW),
        "shift": QueryLevels(unknowns=(0,), terms=FEW),
        "hard": QueryLevels(unknowns=(1,), terms=MANY),
        "hard_shift": QueryLevels(unknowns=(0,), terms=MANY),
    },
    counting="first",
    score_discount=1.0,
    files={
        "iid.npz": "ab24434bb1929d698ed0237699df824ba1180ff33be4cfd9f0e59a5c47442a29",
        "shift.npz": "c867f8d1b900180ffc3be519a74494708150b14651de9af033d5b19b31c507b6",
        "hard.npz": "cf16ebe41cebcc82a7826c21289733c60df16c4b07d92dd738d93c94037cf632",
        "hard_shift.npz": "a8f5f6ec0a703817729ac914e9f3f0039ae7f8e443f4c3e79dcd73c32d3ab645",
        "references.json": "59c5b5d8d72f27c93df39affb3bba1be4484bd43ca6a35915aa52b00fbb1c95a",
    },
    budgets=make_budgets(quick=300_000, standard=3_000_000),
    configs={
        "ppo": PPOConfig(
            num_envs=64,
            num_steps=16,
            learning_rate=1e-3,
            discount=0.95,
            gae_lambda=0.9,
            hidden=(32, 64),
            reward_scale=1.0,
        )
    },
    limits={"the nearest thing": "under shift the answer is known at once, and asking takes longer"},
)
