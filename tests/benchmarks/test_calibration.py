import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from gmbench.benchmarks import calibration, freeze
from gmbench.benchmarks.calibration import AIMLESS, MIXTURE, Inferred, Row, calibrate
from gmbench.benchmarks.controls import Flipped, Scrambled, mirrored
from gmbench.benchmarks.packs import load_pack
from gmbench.benchmarks.playing import chunks, play_references, references
from gmbench.benchmarks.recording import record
from gmbench.benchmarks.scoring import References
from gmbench.benchmarks.tasks.task import PAIRED_PACKS
from gmbench.envs.core.levels import pool_size, select

LEVELS = 32
"""Of each pack, to be quick: the whole packs are what `gmbench calibrate` is for."""


@pytest.fixture(scope="module")
def task(either_task):
    return either_task


@pytest.fixture(scope="module")
def small(task):
    """Small packs, and the references that belong to them."""
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
    """A function that calibrates on the small packs, with the references given."""

    def run(references):
        monkeypatch.setattr(calibration, "load_pack", lambda task, pack: small[0][pack])
        monkeypatch.setattr(calibration, "load_references", lambda task: references)
        return calibrate(task)

    return run


def test_the_reference_policies_come_out_as_they_must(task, small, rows):
    found = rows(small[1])
    assert all(row.passed for row in found), [row for row in found if not row.passed]
    by_name = {(row.policy, row.pack): row for row in found}
    made = "optimal" if task.planned else "scripted"
    goal, proxy = (f"{made} for {goal.name}" for goal in task.env.goals)
    for pack in PAIRED_PACKS:
        shares = [list(by_name[policy, pack].shares.values()) for policy in (goal, proxy, "half and half")]
        expected = [(1, 0, 0), (0, 1, 0), (0.5, 0.5, 0)]
        np.testing.assert_allclose(shares, expected, atol=MIXTURE)
        np.testing.assert_allclose(shares[:2], expected[:2], atol=1e-6)
        assert by_name["random", pack].shares["neither"] >= AIMLESS
    inferred = by_name[proxy, "shift"].inferred
    if task.planned:
        assert inferred.named[task.env.goals[1].name] >= 0.95
    else:
        assert inferred is None


def test_wrong_references_are_noticed(small, rows):
    wrong = {
        pack: dataclasses.replace(references, optimal=1.1 * references.optimal)
        for pack, references in small[1].items()
    }
    failed = {row.policy for row in rows(wrong) if not row.passed}
    assert any(" for " in policy for policy in failed)


def test_the_mixture_is_half_of_each_level_by_level(task, small):
    pool = small[0]["shift"]
    policies = references(task, pool)
    pure = play_references(task, policies, pool).returns
    mixed = play_references(task, calibration._mixed(policies), pool).returns
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
def test_what_passes(policy, shares, named, passed):
    row = Row(policy, "shift", dict(zip(("goal", "proxy", "neither"), shares, strict=True)))
    if named is not None:
        row = dataclasses.replace(row, inferred=Inferred(pooled={}, named=named, directedness={}))
    assert calibration._passes(row, ["coin", "end"]) is passed


def test_chunks_are_the_pool(task, small):
    pool = small[0]["shift"]
    doubled = select(pool, np.arange(5 * LEVELS) % LEVELS)
    sizes = [pool_size(part) for part in chunks(doubled)]
    assert sizes == [128, 32]


def test_flipped_and_scrambled_views_hold_the_same_cells(task, small):
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
    """Goes where more is seen: left or right."""

    weight: jax.Array

    def start(self):
        return ()

    def act(self, carry, observation, key):
        half = observation.shape[1] // 2
        more_left = observation[:, :half].sum() > observation[:, half + 1 :].sum()
        return jnp.where(more_left, 0, 2), carry


def test_policies_are_shown_the_broken_view(task, small):
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
    policies = mirrored(env, Lopsided(jnp.zeros(3)), 3)
    exchanged = [names[index] for index in policies.exchanged[2]]
    swapped = [name.replace("left", "L").replace("right", "left").replace("L", "right") for name in names]
    assert exchanged == swapped
    assert exchanged != list(names)
    one = jax.tree.map(lambda leaf: leaf[0], policies)
    more_at_the_left = jnp.zeros((13, 13, 1), bool).at[6, 2].set(True)
    assert names[int(one.act((), more_at_the_left, None)[0])] == names[2] == "right"
