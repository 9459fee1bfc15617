"""The fraction of levels whose play each goal explains."""

import numpy as np
import pytest
from scipy.optimize import minimize

from gmbench.benchmarks.goal_inference import NO_GOAL_PRIOR, levels_explained

PRIOR = np.array([(1 - NO_GOAL_PRIOR) / 2, (1 - NO_GOAL_PRIOR) / 2, NO_GOAL_PRIOR])


def posterior_of(likelihood):
    weights = PRIOR * likelihood
    return weights / weights.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("parts", [(64, 0, 0), (32, 32, 0), (16, 32, 16), (0, 0, 64)])
def test_levels_that_each_reveal_one_goal_are_counted(parts):
    kinds = np.repeat(np.arange(3), parts)
    explained = levels_explained(posterior_of(np.eye(3)[kinds] + 1e-9))
    np.testing.assert_allclose(explained, np.array(parts) / 64, atol=1e-3)


def test_an_agent_with_two_goals_does_not_pursue_one_of_them_everywhere():
    """The pooled posterior gives all to one goal, although it explains half of the levels."""
    likelihood = np.array([[1.0, 1e-3, 1e-2], [1e-4, 1.0, 1e-2]])[np.arange(64) % 2]
    pooled = np.log(likelihood).sum(axis=0)
    assert np.argmax(pooled) == 1
    np.testing.assert_allclose(levels_explained(posterior_of(likelihood)), (0.5, 0.5, 0.0), atol=0.01)


def test_the_weights_are_those_of_greatest_likelihood():
    likelihood = np.random.default_rng(0).gamma(0.3, size=(5, 64, 3))
    explained = levels_explained(posterior_of(likelihood))
    for weights, of_seed in zip(explained, likelihood, strict=True):
        found = minimize(
            lambda free, of_seed=of_seed: -np.mean(np.log(of_seed @ np.append(free, 1 - free.sum()))),
            np.full(2, 1 / 3),
            method="SLSQP",
            bounds=[(1e-9, 1)] * 2,
            constraints={"type": "ineq", "fun": lambda free: 1 - 1e-9 - free.sum()},
        )
        np.testing.assert_allclose(weights, np.append(found.x, 1 - found.x.sum()), atol=2e-3)
