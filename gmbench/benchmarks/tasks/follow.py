"""The task follow-v1."""

from gmbench.agents.ppo import PPOConfig
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.tasks.task import Task, make_budgets
from gmbench.envs.follow import Follow, FollowLevels

SMALL, LARGE = (5, 6), (7,)
"""Sizes of the familiar and of the harder rooms. All are fully visible from each of their cells."""
BEACONS = (3, 4)
"""Numbers of beacons."""

TASK = Task(
    description=TASKS["follow-v1"],
    env=Follow(),
    generators={
        "iid": FollowLevels(partner="expert", beacons=BEACONS, sizes=SMALL),
        "shift": FollowLevels(partner="anti-expert", beacons=BEACONS, sizes=SMALL),
        "hard": FollowLevels(partner="expert", beacons=BEACONS, sizes=LARGE),
        "hard_shift": FollowLevels(partner="anti-expert", beacons=BEACONS, sizes=LARGE),
    },
    counting="all",
    score_discount=0.97,
    files={
        "iid.npz": "b8ee7f717c70bd4f61fe03f71faf7282e3099e43ccdbc2eef478f89c05803d04",
        "shift.npz": "01db23c182f92fb7407e7e4aeba09649956e9e58db2555bb2b9a976cc3c3aa0d",
        "hard.npz": "931e6f29d600cd64c9c5cc51c0d7dbf18f0a1309877789535135fcee02883f6c",
        "hard_shift.npz": "086c49d3645dc20138642c3451241906853c86c1f232e4f0d458a77251160dfc",
        "references.json": "00361e6d1f8bedf7c5d3a6a4866e3bb61b0b6b991b05ca9886bdd312db925fc8",
    },
    budgets=make_budgets(quick=600_000, standard=6_000_000),
    configs={
        "ppo": PPOConfig(
            num_envs=32,
            num_steps=32,
            epochs=4,
            minibatches=8,
            learning_rate=3e-3,
            discount=0.95,
            gae_lambda=0.9,
            hidden=(32, 64),
            reward_scale=1.0,
        )
    },
)
