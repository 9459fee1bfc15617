"""What the tasks in mazes have in common: sizes, and for those with one thing to find also the spending."""

from gmbench.agents.ppo import PPOConfig
from gmbench.benchmarks.tasks.task import Budget

SMALL, LARGE = (5, 7), (9, 11, 13)
"""Sizes of the familiar and of the harder layouts. A small one is seen as a whole from each of its cells."""
SHORT = 40
"""Steps of an episode: in small mazes aimless play comes to everything unless the time is short."""
CONFIGS = {
    "ppo": PPOConfig(
        num_envs=16,
        num_steps=32,
        learning_rate=1e-3,
        discount=0.95,
        gae_lambda=0.9,
        hidden=(64, 64),
        reward_scale=1.0,
    )
}


def budgets(quick: int) -> dict[str, Budget]:
    """The budgets of a task, the quick one with so many steps."""
    return {
        "quick": Budget(seeds=8, steps=quick, levels=8192),
        "standard": Budget(seeds=32, steps=6_000_000, levels=65_536),
    }
