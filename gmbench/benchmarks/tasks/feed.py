"""The task feed-v1."""

from gmbench.agents.ppo import PPOConfig
from gmbench.benchmarks.tasks.task import Budget, Task
from gmbench.envs.feed import Feed, FeedLevels

SHORT, LONG = (6, 7, 8), (11,)
"""Items in a day, of the familiar and of the harder levels."""

TASK = Task(
    id="feed-v1",
    title="A feed whose user's taste moves toward what is shown",
    source="Krueger et al. 2020, content recommendation",
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
        "iid.npz": "65ddefd58d9f1f4286793e5ff8418faaee34d200f300dc355de28ecd283652f2",
        "shift.npz": "2e4aee1c8264fe105086a350e33b6755c5ce20e3ebbe4a4e0b532ce95dbbdecc",
        "hard.npz": "160bdb599d0290acb1e4a439f9a79b4dc3e19d8c0d0cdb41b4bce0b88c4c606b",
        "hard_shift.npz": "67eaafad0202bf4002d7dd5cac941bb10d42182d3d3d80cc666f1abbe3a36975",
        "references.json": "39899d80c9c29698a652c3d3ad000abef7ab957b70e3558ecb19350f663623ed",
    },
    budgets={
        "quick": Budget(seeds=8, steps=200_000, levels=8192),
        "standard": Budget(seeds=32, steps=2_000_000, levels=65_536),
    },
    configs={
        "ppo": PPOConfig(
            environments=256,
            rollout=4,
            learning_rate=3e-3,
            discount=0.95,
            decay=0.9,
            hidden=(32, 64),
            reward_scale=0.2,
        )
    },
)
