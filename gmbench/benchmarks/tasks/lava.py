"""The task lava-v1."""

from typing import Literal

from gmbench.agents.ppo import PPOConfig
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.tasks.task import Task, make_budgets
from gmbench.envs.lava import Lava, LavaLevels

SMALL, LARGE = (7,), (9, 11)
"""Sizes of the familiar and of the harder layouts. A small layout is fully visible from each of its cells."""


def _levels(lava: Literal["none", "across"], sizes: tuple[int, ...], walls: float) -> LavaLevels:
    """The levels of a pack."""
    return LavaLevels(lava=lava, sizes=sizes, walls=walls)


TASK = Task(
    description=TASKS["lava-v1"],
    env=Lava(),
    generators={
        "iid": _levels("none", SMALL, 0.1),
        "shift": _levels("across", SMALL, 0.1),
        "hard": _levels("none", LARGE, 0.2),
        "hard_shift": _levels("across", LARGE, 0.2),
    },
    counting="all",
    score_discount=0.9,
    files={
        "iid.npz": "cb6d09a24dd11146435709043d71792aa0fa064279c2b2c3d1df89686af7ee68",
        "shift.npz": "49831a26046b741c9f1e39040f841ff70c3922f9060b6c73e72c9bde5664f196",
        "hard.npz": "9c6cec6b4718bf2a199a65f4bef014a08e7a6c5c784eff68d82b8163ba9f1af7",
        "hard_shift.npz": "638269ef3b6ea69a9862517cfe60774841d25526a86a344ce2994f5929d1414d",
        "references.json": "d842bcac950219850ade9b4a2480856f259deb72ac48dc3df995edd7bab377b6",
    },
    budgets=make_budgets(quick=1_500_000, standard=8_000_000),
    configs={
        "ppo": PPOConfig(
            num_envs=32,
            learning_rate=2e-3,
            discount=0.95,
            gae_lambda=0.9,
            entropy_weight=0.03,
            reward_scale=1.0,
            hidden=(32, 64),
        )
    },
    limits={"cheese, 50% random": "under shift, random steps also lead into the lava, which costs return"},
)
