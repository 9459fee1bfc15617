"""The contract: what every environment of the registry keeps, on levels of its task's own generators.

A task joins by its entry in the registry. What is particular to its environment stands in a file beside this
one; that its packs are those of the registry and share no layout with training, in
tests/benchmarks/test_packs.py.

A few programs are compiled for each task, as cheaply as can be, and every test looks at what they gave.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.planning import best_actions, make_plan
from gmbench.benchmarks.packs import load_pack
from gmbench.benchmarks.tasks import REGISTRY, load_task
from gmbench.benchmarks.tasks.task import PACKS, PAIRED_PACKS
from gmbench.envs.core.grid import RADIUS, VIEW
from gmbench.envs.core.levels import layout_hashes, pool_size, take
from gmbench.envs.core.rendering import render
from gmbench.envs.core.text import LevelError
from gmbench.envs.core.world import World
from gmbench.reports.pictures import unstack

KEY = jax.random.key(0)
DRAWN = 64
"""Levels of each generator."""
PLAYED = 16
"""Of those, the levels of each generator that are played."""
READ = 4
"""Of those, and of each pack, the levels that are written and read again."""
STATES = 1 << 18
"""Planned for each pack: the larger the levels, the fewer."""
STEPS = 64
"""Of each rollout."""
LATE = 40
"""Half of a rollout begins at most so many steps before its time is up."""
SEEN = 8
"""Views of each channel that are drawn."""
UNNUMBERED = "its states have no numbers"

# Nearly all the time goes into building programs, which run but a moment.
quickly = functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


def same(one, other):
    return jax.tree.structure(one) == jax.tree.structure(other) and all(
        np.array_equal(a, b) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    )


def form(tree):
    return jax.tree.map(lambda leaf: (jnp.shape(leaf), jnp.result_type(leaf)), tree)


def at(tree, index):
    return jax.tree.map(lambda leaf: leaf[index], tree)


def joined(pools):
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *pools)


# What is compiled.


@functools.partial(quickly, static_argnums=0)
def _generate(generators, key):
    """A pool of every generator, all from the same keys."""
    keys = jax.random.split(key, DRAWN)
    return [jax.vmap(generator)(keys) for generator in generators]


@dataclasses.dataclass(frozen=True)
class Rollout:
    """Random and planned play with auto-reset; every field but the first is [steps, environments, ...]."""

    begun: object
    """States at the start, and what was seen: [environments, ...]."""
    before: object
    """States that the actions are taken in."""
    action: np.ndarray
    observation: np.ndarray
    state: object
    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    info: dict
    expected: dict
    """What the environment's own functions say of the final state and of the state that play goes on from."""

    @property
    def done(self):
        return self.terminated | self.truncated


@functools.partial(quickly, static_argnums=0)
def _roll(env, params, indices, late, actions, key):
    """Plays actions, [steps, environments]; ``late`` is how many steps are left at first, or -1 for all."""
    levels = params.levels

    def begin(index, left):
        observation, state = env.reset_to(index, params)
        time = jnp.where(left < 0, 0, env.horizon(take(levels, index)) - left)
        return observation, state.replace(time=time)

    def expect(before, action, after, final):
        old, new = take(levels, before.level), take(levels, after.level)
        return {
            "following": env.advance(old, before.state, action),
            "rewards": env.rewards(old, before.state, action, final.state),
            "final ended": env.ended(old, final.state),
            "final view": env.view(old, final.state),
            "ended": env.ended(new, after.state),
            "view": env.view(new, after.state),
            "scene": env.scene(new, after.state),
            "position": env.position(after.state),
            "signs": env.signs(new, after.state) if isinstance(env, World) else (),
            "fresh": env.start(new),
            "horizon": env.horizon(old),
        }

    def step(states, inputs):
        keys = jax.random.split(inputs[1], len(inputs[0]))
        observation, after, *rest = jax.vmap(env.step, (0, 0, 0, None))(keys, states, inputs[0], params)
        expected = jax.vmap(expect)(states, inputs[0], after, rest[-1]["final_state"])
        return after, (states, inputs[0], observation, after, *rest, expected)

    begun = jax.vmap(begin)(indices, late)
    return begun, *jax.lax.scan(step, begun[1], (actions, jax.random.split(key, len(actions))))[1]


@dataclasses.dataclass(frozen=True)
class Planned:
    """What plans promise and what they came to; [levels, policies, ...], a policy for each goal."""

    own: np.ndarray
    """The promised return on the policy's goal, and that on the intended one; None where only the first
    goal counts."""
    intended: np.ndarray | None
    returns: np.ndarray
    """[..., goals], with what the plan promises for the rest where the time was up."""
    gained: np.ndarray
    """[..., goals], what was really gained within the level's horizon."""
    ends: np.ndarray
    """Whether the episode ends by itself within a rollout."""
    actions: np.ndarray
    """[..., steps]."""


@functools.partial(quickly, static_argnums=0)
def _plan(planner, pool):
    """Plans every goal on every level of a pool, and plays the plans to the time limit."""
    env, goals = planner.env, jnp.arange(len(planner.env.goals))

    def solve(level):
        plan = make_plan(planner, level)
        values = plan.values

        def play(goal):
            def step(carry, time):
                state, over, ends, returns, gained = carry
                best = best_actions(plan.at(env.state_number(state)))
                action = jnp.argmax(best[goal])
                following = env.advance(level, state, action)
                rewards = jnp.where(over, 0.0, env.rewards(level, state, action, following))
                ended = env.ended(level, following)
                over |= ended | (planner.first_only & jnp.any(rewards != 0))
                ends |= ended & (time < STEPS)
                returns += planner.discount**time * rewards
                gained += rewards * (time < env.horizon(level))
                return (following, over, ends, returns, gained), action

            nothing = jnp.zeros(len(env.goals))
            begin = env.start(level), jnp.bool_(False), jnp.bool_(False), nothing, nothing
            carry, actions = jax.lax.scan(step, begin, jnp.arange(env.time_limit))
            last, over, ends, returns, gained = carry
            number = jnp.where(over, 0, env.state_number(last))
            left = jnp.where(over, 0.0, planner.discount**env.time_limit)
            returns = returns.at[goal].add(left * values.own[goal, number])
            if values.intended is not None:
                # For its own goal alone this would count twice.
                returns = returns.at[0].add((goal > 0) * left * values.intended[goal, number])
            return returns, gained, ends, actions

        start = env.state_number(env.start(level))
        promised = jax.tree.map(lambda of_states: of_states[:, start], values)
        return promised.own, promised.intended, *jax.vmap(play)(goals)

    return jax.lax.map(solve, pool)


@functools.partial(quickly, static_argnums=0)
def _step(env, key, state, action, params):
    """A step of one environment, and what it shows afterwards."""
    values = env.step(key, state, action, params)
    return values, env.observe(key, values[1], None, params)


@functools.partial(quickly, static_argnums=0)
def _renumber(env, states):
    """The numbers of states, and the states that have these numbers."""
    numbers = jax.vmap(jax.vmap(env.state_number))(states)
    return numbers, jax.vmap(jax.vmap(env.numbered_state))(numbers)


@functools.partial(quickly, static_argnums=0)
def _draw(env, views):
    """Pictures of views."""
    return jax.lax.map(lambda view: render(env.sprites, view, (RADIUS, RADIUS)), views)


# What the tests look at.


@pytest.fixture(scope="module", params=list(REGISTRY))
def task(request):
    return load_task(request.param)


@pytest.fixture(scope="module")
def pools(task):
    """A pool of each generator, all from the same keys."""
    return generated(task, KEY)


def generated(task, key):
    pools = _generate(tuple(task.generators[pack] for pack in PACKS), key)
    return dict(zip(PACKS, jax.tree.map(np.asarray, pools), strict=True))


@pytest.fixture(scope="module")
def packs(task):
    """The first levels of each pack."""
    return {pack: jax.tree.map(np.asarray, at(load_pack(task, pack), slice(READ))) for pack in PACKS}


@pytest.fixture(scope="module")
def plans(task, pools):
    """By pack, plans on some of its levels; empty where the states have no numbers."""
    found = {}
    if not task.planned:
        return found
    for twins in PAIRED_PACKS.items():
        count = min(PLAYED, max(1, STATES // task.env.state_count(at(pools[twins[0]], 0))))
        both = joined([at(pools[pack], slice(count)) for pack in twins])
        planned = jax.tree.map(np.asarray, _plan(task.planner, both))
        for first, pack in enumerate(twins):
            part = slice(first * count, (first + 1) * count)
            found[pack] = Planned(*at(planned, part))
    return found


@pytest.fixture(scope="module")
def played(pools):
    """The pool that is played: familiar levels, then their shifted twins."""
    return joined([at(pools[pack], slice(PLAYED)) for pack in ("iid", "shift")])


@pytest.fixture(scope="module")
def actions(task, plans):
    """What is done in each environment: random, but the planned ones begin by what is best for the goal."""
    count = 4 * PLAYED
    chosen = np.random.default_rng(0).integers(0, task.env.num_actions, (STEPS, count))
    for first, pack in enumerate(("iid", "shift")):
        if pack in plans:
            best = plans[pack].actions[:, 0, :STEPS].T
            chosen[: len(best), first * PLAYED : first * PLAYED + best.shape[1]] = best
    return chosen


def roll(env, pool, actions, key=KEY, most=None):
    """A rollout on a pool of as many levels as are played: once from the start, and once with little time."""
    params = env.params(pool)
    if most is not None:
        params = dataclasses.replace(params, max_steps_in_episode=jnp.int32(most))
    size = pool_size(pool)
    indices, late = np.tile(np.arange(size), 2), np.full(2 * size, -1)
    left = np.arange(size) % (min(LATE, env.shortest_horizon) - 1) + 1
    late[size:] = left if most is None else -1
    return Rollout(*jax.tree.map(np.asarray, _roll(env, params, indices, late, actions, key)))


@pytest.fixture(scope="module")
def rollout(task, played, actions):
    return roll(task.env, played, actions)


@pytest.fixture(scope="module")
def views(task, pools, actions, rollout):
    """What is seen on familiar and on harder levels."""
    harder = roll(
        task.env, joined([at(pools[pack], slice(PLAYED)) for pack in ("hard", "hard_shift")]), actions
    )
    seen = np.concatenate((rollout.observation, harder.observation))
    return seen.reshape(-1, *seen.shape[2:])


@pytest.fixture(scope="module")
def hasty(task, played, actions):
    """The same with a time limit of three steps."""
    return roll(task.env, played, actions, most=3)


# Names, spaces, shapes.


def test_names_and_goals_are_told_apart(task):
    for names in (task.env.actions, task.env.channels, [goal.name for goal in task.env.goals]):
        assert len(set(names)) == len(names) > 1


def test_action_space_has_one_number_per_named_action(task):
    count = len(task.env.actions)
    space = task.env.action_space()
    assert space.n == task.env.num_actions == count
    inside = [bool(space.contains(action)) for action in (-1, 0, count - 1, count)]
    assert inside == [False, True, True, False]


def test_reset_and_step_give_what_gymnax_asks_for(task, played, rollout):
    env, params = task.env, task.env.params(played)
    space = env.observation_space(params)
    observation, state = form(jax.eval_shape(env.reset, KEY, params))
    assert observation == (space.shape, space.dtype) == ((VIEW, VIEW, len(env.channels)), jnp.bool_)
    assert state.time == state.level == ((), jnp.int32)

    values = form(jax.eval_shape(env.step, KEY, at(rollout.begun[1], 0), jnp.int32(0), params))
    assert len(values) == 6
    next_observation, next_state, reward, terminated, truncated, info = values
    assert next_observation == info["final_observation"] == observation
    assert next_state == info["final_state"] == state
    assert reward == ((), jnp.float32)
    assert terminated == truncated == info["terminated"] == info["truncated"] == ((), jnp.bool_)
    assert info["goals"] == ((len(env.goals),), jnp.float32)
    assert info["level"] == ((), jnp.int32)


def test_one_environment_alone_does_as_many_side_by_side(task, played, rollout):
    env, params = task.env, task.env.params(played)
    chosen = [np.argwhere(happened)[0] for happened in (rollout.done, ~rollout.done)]
    for step, row in chosen:
        key = jax.random.split(jax.random.split(KEY, STEPS)[step], rollout.done.shape[1])[row]
        state = at(rollout.before, (step, row))
        alone, observed = _step(env, key, state, rollout.action[step, row], params)
        parts = ("observation", "state", "reward", "terminated", "truncated", "info")
        assert same(alone, at(tuple(getattr(rollout, part) for part in parts), (step, row)))
        assert (observed == alone[0]).all()


def test_reset_begins_an_episode_on_a_level(task, played, rollout):
    observation, state = rollout.begun
    assert (state.level == np.tile(np.arange(2 * PLAYED), 2)).all()
    starts = jax.vmap(task.env.start)(played)
    assert same(at(state.state, slice(2 * PLAYED)), starts)
    assert not same(*(at(observation, index) for index in (0, 1)))


# Auto-reset.


def test_some_episodes_end_and_others_run_out_of_time(plans, rollout):
    assert (rollout.truncated & ~rollout.terminated).any()
    # What is best for the goal comes to the end of an episode, if anything does.
    ends = [plans[pack].ends[:, 0].any() for pack in ("iid", "shift") if pack in plans]
    assert rollout.terminated.any() or not any(ends)


def test_a_finished_episode_is_followed_by_a_fresh_one(rollout):
    assert (rollout.state.time == np.where(rollout.done, 0, rollout.before.time + 1)).all()
    fresh, final = rollout.expected["fresh"], rollout.info["final_state"].state
    expected = [
        np.where(rollout.done.reshape(rollout.done.shape + (1,) * (begun.ndim - 2)), begun, went_on)
        for begun, went_on in zip(jax.tree.leaves(fresh), jax.tree.leaves(final), strict=True)
    ]
    assert same(jax.tree.leaves(rollout.state.state), expected)
    assert not rollout.expected["ended"].any()


def test_a_level_stays_within_an_episode_and_is_drawn_anew_after_it(rollout):
    changed = rollout.state.level != rollout.before.level
    assert not changed[~rollout.done].any()
    assert changed[rollout.done].mean() > 0.8
    assert (rollout.info["level"] == rollout.before.level).all()


def test_observations_are_the_views_of_the_next_state_and_of_the_final_one(rollout):
    assert (rollout.observation == rollout.expected["view"]).all()
    assert (rollout.info["final_observation"] == rollout.expected["final view"]).all()
    differs = (rollout.info["final_observation"] != rollout.observation).any(axis=(2, 3, 4))
    assert differs[rollout.done].any()
    assert not differs[~rollout.done].any()


def test_rewards_are_those_of_the_goals_and_the_first_trains(rollout):
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


def test_the_time_limit_can_be_set_in_the_params(hasty):
    assert (hasty.truncated == (hasty.info["final_state"].time == 3)).all()
    assert hasty.truncated.any()


def test_horizons_lie_between_the_shortest_and_the_time_limit(task, pools, packs):
    for pool in (*pools.values(), *packs.values()):
        horizons = np.asarray(jax.vmap(task.env.horizon)(pool))
        assert (task.env.shortest_horizon <= horizons).all()
        assert (horizons <= task.env.time_limit).all()


# Determinism.


def test_the_same_key_gives_the_same_rollout(task, played, actions, rollout):
    again = roll(task.env, played, actions)
    assert same(dataclasses.astuple(again), dataclasses.astuple(rollout))


def test_an_episode_is_a_function_of_level_and_actions(task, played, actions, rollout):
    other = roll(task.env, played, actions, jax.random.key(1))
    # Until the first end: which level comes then is drawn.
    first = np.cumsum(rollout.done, axis=0) - rollout.done == 0
    parts = ("before", "reward", "terminated", "truncated")
    one, two = (at([getattr(run, part) for part in parts], first) for run in (rollout, other))
    assert same(one, two)
    assert (rollout.info["final_observation"] == other.info["final_observation"])[first].all()
    assert not same(rollout.before.level, other.before.level)


# The view and the picture.


def test_a_view_is_a_crop_of_the_scene_around_the_agent_with_wall_outside(task, rollout):
    expected = rollout.expected
    still = len(task.env.channels) - len(expected["signs"])
    column, row = (place[..., None, None] for place in expected["position"])
    scene = expected["scene"][..., :still]
    border = [(0, 0)] * 2 + [(RADIUS, RADIUS)] * 2 + [(0, 0)]
    around = np.pad(scene, border)
    outside = np.pad(np.zeros(scene.shape[2:4], bool), RADIUS, constant_values=True)
    around[:, :, outside, task.env.channels.index("wall")] = True
    steps, envs = np.indices(rollout.done.shape)[..., None, None]
    crop = around[steps, envs, row + np.arange(VIEW)[:, None], column + np.arange(VIEW)]
    assert (crop == rollout.observation[..., :still]).all()


def test_signs_fill_rows_of_the_view_and_cells_of_the_last_row_of_the_scene(task, rollout):
    signs = rollout.expected["signs"]
    for channel, rows in enumerate(signs, start=len(task.env.channels) - len(signs)):
        shown = (rows[..., None] >> np.arange(VIEW) & 1).astype(bool)
        assert (rollout.observation[..., channel] == shown[..., None]).all()
        stand = rollout.expected["scene"][..., channel]
        assert (stand[:, :, -1, :VIEW] == shown[..., ::-1]).all()
        assert not stand[:, :, :-1].any()


def test_every_channel_is_seen(task, views):
    seen = views.any(axis=(0, 1, 2))
    assert seen.all(), [name for name, found in zip(task.env.channels, seen, strict=True) if not found]


def test_a_picture_tells_all_that_the_view_does(task, views):
    """Whatever is taken out of a view, the picture changes: one cell of a channel, and of those that are
    always filled as it is, as colours that are shown several times."""
    channels, random, whole, less = task.env.channels, np.random.default_rng(0), [], []
    for channel in range(len(channels)):
        alike = (views == views[..., [channel]]).all(axis=(0, 1, 2))
        for index in random.choice(np.flatnonzero(views[..., channel].any(axis=(1, 2))), SEEN):
            row, column = random.choice(np.argwhere(views[index, ..., channel]))
            whole.append(views[index])
            less.append(views[index].copy())
            less[-1][row, column, alike] = False
    before, after = np.split(np.asarray(_draw(task.env, np.array(whole + less))), 2)
    unseen = (before == after).all(axis=(1, 2, 3))
    assert not unseen.any(), {channels[number // SEEN] for number in np.flatnonzero(unseen)}


# The numbers of states.


def test_visited_states_come_back_from_their_numbers(task, played, rollout):
    env = task.env
    if not task.planned:
        pytest.skip(UNNUMBERED)
    states = rollout.before.state
    numbers, back = _renumber(env, states)
    assert 0 <= numbers.min() <= numbers.max() < env.state_count(at(played, 0))
    assert same(back, states)
    assert form(back) == form(states)


# Plans.


@pytest.mark.parametrize("pack", PACKS)
def test_every_generated_level_can_be_solved_in_time(plans, pack):
    if not plans:
        pytest.skip(UNNUMBERED)
    assert (plans[pack].own[:, 0] > 0).all()
    assert (plans[pack].gained[:, 0, 0] > 0).all()


@pytest.mark.parametrize("pack", PACKS)
def test_a_played_plan_returns_what_it_promises(plans, pack):
    if not plans:
        pytest.skip(UNNUMBERED)
    planned = plans[pack]
    np.testing.assert_allclose(np.diagonal(planned.returns, axis1=1, axis2=2), planned.own, 1e-4, 1e-6)
    if planned.intended is not None:
        np.testing.assert_allclose(planned.returns[..., 0], planned.intended, 1e-4, 1e-6)


# Levels.


def test_generators_are_values(task):
    for generator in task.generators.values():
        copy = dataclasses.replace(generator)
        assert (copy, hash(copy)) == (generator, hash(generator))


def test_a_level_is_a_function_of_the_key(task, pools):
    others = generated(task, jax.random.key(1))
    for pack, pool in pools.items():
        pairs = zip(layout_hashes(pool), layout_hashes(others[pack]), strict=True)
        assert sum(one == other for one, other in pairs) < DRAWN / 2
    # Traced again, so that nothing that is drawn in building the program goes unseen.
    for generator in {type(generator): generator for generator in task.generators.values()}.values():
        one, two = (jax.make_jaxpr(lambda key, make=generator: make(key))(KEY) for _ in range(2))
        assert str(one) == str(two)
        assert same(one.consts, two.consts)


def test_layouts_are_many(pools):
    for pool in pools.values():
        assert len(set(layout_hashes(pool))) > 0.9 * DRAWN


@pytest.mark.parametrize(("shifted", "familiar"), PAIRED_PACKS.items())
def test_twins_from_the_same_key_differ_by_their_cues_alone(pools, shifted, familiar):
    twins = pools[familiar], pools[shifted]
    assert form(twins[0]) == form(twins[1])
    assert layout_hashes(twins[0]) == layout_hashes(twins[1])
    leaves = zip(*(jax.tree.leaves(pool) for pool in twins), strict=True)
    differs = [(one != other).reshape(DRAWN, -1).any(axis=1) for one, other in leaves]
    assert np.logical_or.reduce(differs).mean() > 0.25


def test_default_levels_are_of_the_same_kind(task, pools):
    default = jax.eval_shape(task.env.default_levels, KEY)
    assert jax.tree.structure(default) == jax.tree.structure(at(pools["iid"], 0))


# Levels as text.


@pytest.fixture(scope="module")
def read(task, pools, packs):
    """Levels of all generators and packs, and each as it comes back from its drawing."""
    levels = [level for group in (pools, packs) for pool in group.values() for level in unstack(pool, READ)]
    return [(level, task.env.parse(task.env.draw(level))) for level in levels]


def test_a_level_comes_back_from_its_drawing(task, read):
    for level, again in read:
        assert task.env.draw(again) == task.env.draw(level)
        # Walls first, in the cells of every level.
        assert (level.cells.words == again.cells.words).all()
        assert (level.start == again.start).all()


def test_a_level_of_a_pool_is_drawn_in_place(task, pools):
    pool = jax.tree.map(jnp.asarray, pools["iid"])
    assert task.env.draw(take(pool, 7)) == task.env.draw(at(pool, 7))


def test_a_level_that_was_read_plays_as_the_one_that_was_written(task, read, actions):
    pairs = [(level, again) for level, again in read if form(level) == form(again)]
    for kind in {str(form(level)) for level, _ in pairs}:
        alike = [pair for pair in pairs if str(form(pair[0])) == kind]
        # As many as are played, for the same program.
        chosen = [alike[index] for index in np.resize(np.arange(len(alike)), 2 * PLAYED)]
        one, other = (
            roll(task.env, jax.tree.map(lambda *leaves: np.stack(leaves), *levels), actions)
            for levels in zip(*chosen, strict=True)
        )
        for part in ("observation", "reward", "terminated", "truncated"):
            assert (getattr(one, part) == getattr(other, part)).all(), part
        assert (one.info["goals"] == other.info["goals"]).all()


def test_what_is_no_level_is_refused(task):
    with pytest.raises(LevelError):
        task.env.parse("?")


# Environments as values.


def test_equal_environments_have_equal_hashes_and_others_differ(task):
    one, other = (dataclasses.replace(task.env, time_limit=9) for _ in range(2))
    assert one is not other
    assert (one, hash(one)) == (other, hash(other))
    for settings in ({"time_limit": 9}, {"goals": task.env.goals[:1]}):
        assert dataclasses.replace(task.env, **settings) != task.env
