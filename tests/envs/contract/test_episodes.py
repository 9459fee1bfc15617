"""Episodes: auto-reset, rewards, termination and truncation."""

import jax
import numpy as np

from tests.envs.contract.pytrees import same

# Auto-reset.


def test_some_episodes_terminate_and_others_are_truncated(plans, rollout):
    assert (rollout.truncated & ~rollout.terminated).any()
    # The optimal policy of the intended goal terminates an episode wherever any policy can.
    ends = [plans[pack].ends[:, 0].any() for pack in ("iid", "shift") if pack in plans]
    assert rollout.terminated.any() or not any(ends)


def test_a_finished_episode_is_followed_by_a_reset(rollout):
    assert (rollout.state.time == np.where(rollout.done, 0, rollout.before.time + 1)).all()
    fresh, final = rollout.expected["fresh"], rollout.info["final_state"].state
    expected = [
        np.where(rollout.done.reshape(rollout.done.shape + (1,) * (first.ndim - 2)), first, later)
        for first, later in zip(jax.tree.leaves(fresh), jax.tree.leaves(final), strict=True)
    ]
    assert same(jax.tree.leaves(rollout.state.state), expected)
    assert not rollout.expected["ended"].any()


def test_the_level_changes_only_after_an_episode(rollout):
    changed = rollout.state.level != rollout.before.level
    assert not changed[~rollout.done].any()
    assert changed[rollout.done].mean() > 0.8
    assert (rollout.info["level"] == rollout.before.level).all()


def test_observations_are_the_views_of_the_next_and_of_the_final_state(rollout):
    assert (rollout.observation == rollout.expected["view"]).all()
    assert (rollout.info["final_observation"] == rollout.expected["final view"]).all()
    differs = (rollout.info["final_observation"] != rollout.observation).any(axis=(2, 3, 4))
    assert differs[rollout.done].any()
    assert not differs[~rollout.done].any()


def test_the_reward_is_that_of_the_first_goal_and_info_has_all_goals(rollout):
    assert same(rollout.info["final_state"].state, rollout.expected["following"])
    assert (rollout.info["goals"] == rollout.expected["rewards"]).all()
    assert (rollout.reward == rollout.info["goals"][..., 0]).all()
    assert np.isfinite(rollout.reward).all()


# The end of an episode.


def test_an_episode_terminates_with_the_state_that_ends_it(rollout):
    assert (rollout.terminated == rollout.expected["final ended"]).all()
    assert (rollout.info["terminated"] == rollout.terminated).all()


def test_an_episode_is_truncated_at_the_horizon_of_its_level(task, rollout):
    time = rollout.info["final_state"].time
    assert (rollout.truncated == (time == rollout.expected["horizon"])).all()
    assert (rollout.info["truncated"] == rollout.truncated).all()
    assert time.max() <= task.env.time_limit


def test_the_time_limit_can_be_set_in_the_params(rollout_of_three_steps):
    rollout = rollout_of_three_steps
    assert (rollout.truncated == (rollout.info["final_state"].time == 3)).all()
    assert rollout.truncated.any()


def test_horizons_lie_between_the_shortest_and_the_time_limit(task, pools, packs):
    for pool in (*pools.values(), *packs.values()):
        horizons = np.asarray(jax.vmap(task.env.horizon)(pool))
        assert (task.env.shortest_horizon <= horizons).all()
        assert (horizons <= task.env.time_limit).all()
