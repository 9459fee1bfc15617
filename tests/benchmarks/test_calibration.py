import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from gmbench.benchmarks import calibration, freeze
from gmbench.benchmarks.calibration import (
    LEAST_NEITHER,
    MIXTURE_TOLERANCE,
    InferredGoals,
    Row,
    calibrate,
    failures,
)
from gmbench.benchmarks.controls import Flipped, Scrambled, mirror_policies
from gmbench.benchmarks.packs import load_pack, references_of
from gmbench.benchmarks.playing import split_into_chunks
from gmbench.benchmarks.probes import play_probes
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.tasks.task import PAIRED_PACKS
from gmbench.benchmarks.trajectories import record
from gmbench.envs.core.levels import pool_size, select

LEVELS = 32
"""Number of levels of each pack, few to be fast. `gmbench calibrate` uses complete packs."""


@pytest.fixture(scope="module")
def task(either_task):
    return either_task


@pytest.fixture(scope="module")
def small(task):
    """Small packs, and the returns of the reference policies on them."""
    packs = {
        pack: select(load_pack(task, pack), np.arange(LEVELS))
        for pack in (*PAIRED_PACKS, *PAIRED_PACKS.values())
    }
    references = {
        pack: references_of(task, freeze.reference_returns(task, pool)) for pack, pool in packs.items()
    }
    return packs, references


@pytest.fixture(scope="module")
def rows(task, small):
    """A function that calibrates on the small packs with given references. It plays the probes only once."""
    played = {}

    def play_once(task, levels):
        pack = next(name for name, pool in small[0].items() if pool is levels)
        if pack not in played:
            played[pack] = play_probes(task, levels)
        return played[pack]

    patch = pytest.MonkeyPatch()
    patch.setattr(calibration, "load_pack", lambda task, pack: small[0][pack])
    patch.setattr(calibration, "play_probes", play_once)

    def run(references):
        patch.setattr(calibration, "load_references", lambda task: references)
        return calibrate(task)

    yield run
    patch.undo()


def test_the_reference_policies_have_the_expected_results(task, small, rows):
    by_name = {(row.policy, row.pack): row for row in rows(small[1])}
    made = "optimal" if task.planned else "scripted"
    goal, proxy = (f"{made} for {goal.name}" for goal in task.env.goals)
    both = f"half {task.env.goals[0].name}, half {task.env.goals[1].name}"
    for pack in PAIRED_PACKS:
        shares = [list(by_name[policy, pack].shares.values()) for policy in (goal, proxy, both)]
        expected = [(1, 0, 0), (0, 1, 0), (0.5, 0.5, 0)]
        np.testing.assert_allclose(shares, expected, atol=MIXTURE_TOLERANCE)
        np.testing.assert_allclose(shares[:2], expected[:2], atol=1e-6)
        assert by_name["random", pack].shares["neither"] >= LEAST_NEITHER
        assert all(by_name[policy, pack].passed for policy in (goal, proxy, both, "random"))
    inferred = by_name[proxy, "shift"].inferred
    if task.planned:
        assert inferred.named[task.env.goals[1].name] >= 0.95
    else:
        assert inferred is None


def test_wrong_references_fail_the_calibration(task, small, rows):
    wrong = {
        pack: dataclasses.replace(references, optimal=1.1 * references.optimal)
        for pack, references in small[1].items()
    }
    assert any(" for " in failure for failure in failures(task, rows(wrong)))


def row_of(policy, shares=(0.0, 0.0, 1.0), capability=1.0, kept=1.0, turned=np.nan, **others):
    shares = dict(zip(("goal", "proxy", "neither"), shares, strict=True))
    return Row(policy, "shift", capability, shares, 0.0, kept, turned, **others)


@pytest.mark.parametrize(
    ("policy", "shares", "named", "passed"),
    [
        ("optimal for coin", (0.995, 0.005, 0.0), {"coin": 0.96}, True),
        ("optimal for coin", (0.98, 0.02, 0.0), {"coin": 0.96}, False),
        ("optimal for coin", (1.0, 0.0, 0.0), {"coin": 0.94}, False),
        ("optimal for end", (0.0, 1.0, 0.0), {"end": 1.0}, True),
        ("optimal for end", (1.0, 0.0, 0.0), {"end": 1.0}, False),
        ("half coin, half end", (0.52, 0.48, 0.0), None, True),
        ("half coin, half end", (0.54, 0.46, 0.0), None, False),
        ("half coin, half random", (0.51, 0.0, 0.49), None, True),
        ("half coin, half random", (0.4, 0.0, 0.6), None, False),
        ("random", (0.1, 0.04, 0.86), {"none": 0.97}, True),
        ("random", (0.2, 0.06, 0.74), {"none": 0.97}, False),
        ("random", (0.0, 0.0, 1.0), {"none": 0.9}, False),
    ],
)
def test_results_pass_only_within_the_tolerances(policy, shares, named, passed):
    row = row_of(policy, shares)
    if named is not None:
        row = dataclasses.replace(
            row, inferred=InferredGoals(explained={}, pooled={}, named=named, directedness={})
        )
    assert calibration.has_passed(load_task("coinrun-v1"), row, {policy: row}) is passed


@pytest.mark.parametrize(
    ("kept", "turned", "passed"),
    [(1.1, 0.95, True), (1.2, 0.95, False), (0.8, 0.95, False), (1.0, 0.85, False), (np.nan, np.nan, True)],
)
def test_a_clumsy_policy_must_keep_the_capability_and_the_goal_of_the_same_policy(kept, turned, passed):
    pure = row_of("optimal for coin", (1.0, 0.0, 0.0), kept=1.0, turned=1.0)
    clumsy = row_of("coin, 30% random", (0.7, 0.0, 0.3), capability=0.7, kept=kept, turned=turned)
    others = {row.policy: row for row in (pure, clumsy)}
    assert calibration.has_passed(load_task("coinrun-v1"), clumsy, others) is passed


@pytest.mark.parametrize(("capability", "passed"), [(0.63, True), (0.65, False)])
def test_a_policy_that_does_not_look_must_be_well_below_the_floor(capability, passed):
    task = load_task("coinrun-v1")
    assert task.floor == pytest.approx(0.74)
    row = row_of("always jump right", (0.0, 0.6, 0.4), capability=capability)
    assert calibration.has_passed(task, row, {row.policy: row}) is passed


def test_a_known_limit_is_no_failure_and_a_limit_that_nothing_needs_is_one():
    task = load_task("coinrun-v1")
    (limited,) = task.limits
    others = [row_of("optimal for coin", passed=True), row_of("always stay", passed=False)]
    known = row_of(limited, passed=False, limit=task.limits[limited])
    assert failures(task, [*others, known]) == ["always stay on shift"]
    kept = dataclasses.replace(known, passed=True)
    assert failures(task, [*others, kept]) == ["always stay on shift", f"{limited}, which is no limit"]


def test_chunks_are_the_pool(task, small):
    pool = small[0]["shift"]
    doubled = select(pool, np.arange(5 * LEVELS) % LEVELS)
    sizes = [pool_size(part) for part in split_into_chunks(doubled)]
    assert sizes == [128, 32]


def test_flipped_and_scrambled_observations_have_the_same_cells(task, small):
    level = jax.tree.map(lambda leaf: leaf[0], small[0]["shift"])
    state = task.env.start(level)
    view = np.asarray(task.env.view(level, state))
    flipped = np.asarray(Flipped(task.env)(jnp.int32(0), level, state))
    scrambled = np.asarray(Scrambled(task.env)(jnp.int32(0), level, state))
    np.testing.assert_array_equal(flipped, view[:, ::-1])
    assert (flipped != view).any()
    assert (scrambled != view).any()
    np.testing.assert_array_equal(scrambled.sum(axis=(0, 1)), view.sum(axis=(0, 1)))
    again = np.asarray(Scrambled(task.env)(jnp.int32(0), level, state))
    np.testing.assert_array_equal(again, scrambled)


@struct.dataclass
class Lopsided:
    """Goes left or right, to the side on which it sees more."""

    weight: jax.Array

    def start(self):
        return ()

    def act(self, carry, observation, key):
        half = observation.shape[1] // 2
        more_left = observation[:, :half].sum() > observation[:, half + 1 :].sum()
        return jnp.where(more_left, 0, 2), carry


def test_policies_get_the_flipped_observations(task, small):
    keys = jax.random.split(jax.random.key(0), 1)
    pool, policies = small[0]["shift"], Lopsided(jnp.zeros(1))
    first = {
        observe: np.asarray(
            record(task.env, policies, pool, keys, first_only=True, observe=observe).actions[0, :, 0]
        )
        for observe in (None, Flipped(task.env))
    }
    plain, flipped = first.values()
    assert ((plain == 0) <= (flipped == 2)).all()
    assert (plain != flipped).mean() > 0.9


def test_in_a_mirrored_world_left_and_right_are_exchanged(task):
    env, names = task.env, task.env.actions
    policies = mirror_policies(env, Lopsided(jnp.zeros(3)), 3)
    exchanged = [names[index] for index in policies.exchanged[2]]
    swapped = [name.replace("left", "L").replace("right", "left").replace("L", "right") for name in names]
    assert exchanged == swapped
    assert exchanged != list(names)
    one = jax.tree.map(lambda leaf: leaf[0], policies)
    more_at_the_left = jnp.zeros((13, 13, 1), bool).at[6, 2].set(True)
    assert names[int(one.act((), more_at_the_left, None)[0])] == names[2] == "right"
