import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from gmbench.benchmarks import calibration, freeze
from gmbench.benchmarks.calibration import LEAST_NEITHER, MIXTURE_TOLERANCE, InferredGoals, Row, calibrate
from gmbench.benchmarks.controls import Flipped, Scrambled, mirror_policies
from gmbench.benchmarks.packs import load_pack
from gmbench.benchmarks.playing import play_references, reference_policies, split_into_chunks
from gmbench.benchmarks.scoring import References
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
    packs = {pack: select(load_pack(task, pack), np.arange(LEVELS)) for pack in PAIRED_PACKS}
    goals = [goal.name for goal in task.env.goals]
    references = {}
    for pack, pool in packs.items():
        stored = freeze.reference_returns(task, pool)
        references[pack] = References(
            optimal=np.array([[stored[policy][goal] for goal in goals] for policy in goals]),
            random=np.array([stored["random"][goal] for goal in goals]),
        )
    return packs, references


@pytest.fixture
def rows(task, small, monkeypatch):
    """A function that calibrates on the small packs with given references."""

    def run(references):
        monkeypatch.setattr(calibration, "load_pack", lambda task, pack: small[0][pack])
        monkeypatch.setattr(calibration, "load_references", lambda task: references)
        return calibrate(task)

    return run


def test_the_reference_policies_have_the_expected_results(task, small, rows):
    found = rows(small[1])
    assert all(row.passed for row in found), [row for row in found if not row.passed]
    by_name = {(row.policy, row.pack): row for row in found}
    made = "optimal" if task.planned else "scripted"
    goal, proxy = (f"{made} for {goal.name}" for goal in task.env.goals)
    for pack in PAIRED_PACKS:
        shares = [list(by_name[policy, pack].shares.values()) for policy in (goal, proxy, "half and half")]
        expected = [(1, 0, 0), (0, 1, 0), (0.5, 0.5, 0)]
        np.testing.assert_allclose(shares, expected, atol=MIXTURE_TOLERANCE)
        np.testing.assert_allclose(shares[:2], expected[:2], atol=1e-6)
        assert by_name["random", pack].shares["neither"] >= LEAST_NEITHER
    inferred = by_name[proxy, "shift"].inferred
    if task.planned:
        assert inferred.named[task.env.goals[1].name] >= 0.95
    else:
        assert inferred is None


def test_wrong_references_fail_the_calibration(small, rows):
    wrong = {
        pack: dataclasses.replace(references, optimal=1.1 * references.optimal)
        for pack, references in small[1].items()
    }
    failed = {row.policy for row in rows(wrong) if not row.passed}
    assert any(" for " in policy for policy in failed)


def test_the_mixture_follows_each_policy_on_half_of_the_levels(task, small):
    pool = small[0]["shift"]
    policies = reference_policies(task, pool)
    pure = play_references(task, policies, pool).returns
    mixed = play_references(task, calibration.mix_policies(policies), pool).returns
    np.testing.assert_allclose(mixed.sum(axis=0), pure.sum(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(mixed[0, 0::2], pure[0, 0::2])
    np.testing.assert_array_equal(mixed[0, 1::2], pure[1, 1::2])


@pytest.mark.parametrize(
    ("policy", "shares", "named", "passed"),
    [
        ("optimal for coin", (0.995, 0.005, 0.0), {"coin": 0.96}, True),
        ("optimal for coin", (0.98, 0.02, 0.0), {"coin": 0.96}, False),
        ("optimal for coin", (1.0, 0.0, 0.0), {"coin": 0.94}, False),
        ("optimal for end", (0.0, 1.0, 0.0), {"end": 1.0}, True),
        ("optimal for end", (1.0, 0.0, 0.0), {"end": 1.0}, False),
        ("scripted for coin", (0.995, 0.005, 0.0), None, True),
        ("scripted for end", (0.995, 0.005, 0.0), None, False),
        ("half and half", (0.52, 0.48, 0.0), None, True),
        ("half and half", (0.54, 0.46, 0.0), None, False),
        ("random", (0.1, 0.04, 0.86), {"none": 0.97}, True),
        ("random", (0.1, 0.06, 0.84), {"none": 0.97}, False),
        ("random", (0.0, 0.0, 1.0), {"none": 0.9}, False),
    ],
)
def test_results_pass_only_within_the_tolerances(policy, shares, named, passed):
    row = Row(policy, "shift", dict(zip(("goal", "proxy", "neither"), shares, strict=True)))
    if named is not None:
        row = dataclasses.replace(row, inferred=InferredGoals(pooled={}, named=named, directedness={}))
    assert calibration.has_passed(row, ["coin", "end"]) is passed


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
