"""Shared settings of the tasks in mazes: sizes, time limit, hyperparameters and budgets."""

from gmbench.agents.ppo import PPOConfig
from gmbench.benchmarks.tasks.task import Budget, make_budgets

SMALL, LARGE = (5, 7), (9, 11, 13)
"""Sizes of the familiar and of the harder layouts. A small layout is fully visible from each of its cells."""
SHORT = 40
"""Time limit in steps. With more time, the random policy would reach everything in a small maze."""
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
"""Hyperparameters of the tasks with one thing to find, by the name of the algorithm."""


def budgets(quick: int) -> dict[str, Budget]:
    """Returns the budgets of a task, with ``quick`` environment steps in the quick budget."""
    return make_budgets(quick, standard=6_000_000)
