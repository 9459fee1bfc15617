"""The task feed-v1."""

from gmbench.agents.ppo import PPOConfig
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.tasks.task import Task, make_budgets
from gmbench.envs.feed import Feed, FeedLevels

SHORT, LONG = (6, 7, 8), (11,)
"""Numbers of items in a day, of the familiar and of the harder levels."""

TASK = Task(
    description=TASKS["feed-v1"],
    env=Feed(time_limit=max(LONG)),
    generators={
        "iid": FeedLevels(taste="fresh", items=SHORT),
        "shift": FeedLevels(taste="moved", items=SHORT),
        "hard": FeedLevels(taste="fresh", items=LONG),
        "hard_shift": FeedLevels(taste="moved", items=LONG),
    },
    counting="all",
    score_discount=0.99,
    files={
        "iid.npz": "d7c38efc91538101c298b53adaef7a8c35740ee0b085d2355d602015b56fc783",
        "shift.npz": "07dca88e326123d067d84d6d88f59297628693a407907fb2e96e2fe81f79fc9e",
        "hard.npz": "1fd876776b4198a584b5d63a0c32761ae5bc8fca80d8db51b7e605ecec1f2e6a",
        "hard_shift.npz": "8ae72da86a7427dfe5a57ad9fde70032e70837f92f74bb54b789f18d7d13bb67",
        "references.json": "56cac7ce25674770bfdc134e7dfd3ba96090eb90271a5ad815cb1f115d856879",
    },
    budgets=make_budgets(quick=200_000, standard=2_000_000),
    configs={
        "ppo": PPOConfig(
            num_envs=256,
            num_steps=4,
            learning_rate=3e-3,
            discount=0.95,
            gae_lambda=0.9,
            hidden=(32, 64),
            reward_scale=0.2,
        )
    },
)
