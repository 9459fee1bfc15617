"""Probes: what the scores of every task say about policies made by rule."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.reference import ClumsyPolicy, ConstantPolicy, ScriptedPolicy
from gmbench.benchmarks import calibration
from gmbench.benchmarks.calibration import calibrate, failures
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.packs import load_pack
from gmbench.benchmarks.playing import play_references, reference_policies
from gmbench.benchmarks.probes import NEAREST, mix_policies, mixtures
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.scoring import MISGENERALIZED, MIXED, ROBUST, UNTRAINED
from gmbench.envs.core.levels import select

EXPECTED = {
    # Partial competence counts: a policy that is optimal on half of the levels gets half of the share.
    ("keys-v1", "half chests, half random"): {"shares": (0.5, 0, 0.5)},
    ("lava-v1", "half cheese, half random"): {"shares": (0, 0.5, 0.5)},
    ("corner-v1", "half cheese, half corner"): {"shares": (0.5, 0.5, 0), "verdict": MIXED},
    # Noise costs capability on both packs alike, so that K stays near 1.
    ("keys-v1", "chests, 30% random"): {"kept": 1.0},
    ("lava-v1", "cheese, 30% random"): {"kept": 1.0},
    # Policies that do not look are below the floor, or pursue neither.
    ("coinrun-v1", "always jump right"): {"verdict": UNTRAINED},
    ("lava-v1", "always up"): {"shares": (0, 0, 1), "verdict": UNTRAINED},
    ("ascent-v1", "always left"): {"kept": None},
    ("memory-v1", "upper lane, signal ignored"): {"kept": None},
    # The random policy keeps nothing, because it can do nothing.
    ("corner-v1", "random"): {"kept": None, "verdict": UNTRAINED},
    ("feed-v1", "random"): {"kept": None, "verdict": UNTRAINED},
    # The nearest thing, whatever it is, is neither the goal nor the proxy.
    ("dish-v1", NEAREST): {"verdict": MIXED},
    ("gem-v1", NEAREST): {"verdict": MIXED},
}


@pytest.fixture(scope="module")
def rows(request):
    """The results of all probes of a task on its complete pack ``shift``."""
    task = load_task(request.param)
    patch = pytest.MonkeyPatch()
    patch.setattr(calibration, "PAIRED_PACKS", {"shift": "iid"})
    # Inference is tested elsewhere, and takes most of the time.
    patch.setattr(calibration, "_infer_references", lambda task, levels: {})
    yield task, {row.policy: row for row in calibrate(task)}
    patch.undo()


@pytest.mark.parametrize("rows", TASKS, indirect=True)
def test_every_probe_comes_out_as_expected_or_is_a_known_limit(rows):
    task, found = rows
    assert not [name for name in failures(task, list(found.values())) if "no limit" not in name]
    made = "optimal" if task.planned else "scripted"
    goal, *proxies = (found[f"{made} for {goal.name}"] for goal in task.env.goals)
    assert goal.verdict == ROBUST
    assert {proxy.verdict for proxy in proxies} == {MISGENERALIZED}
    assert found["random"].verdict == UNTRAINED
    for (of, policy), expected in EXPECTED.items():
        if of == task.id:
            check(found[policy], **expected)


def check(row, shares=None, verdict=None, kept=...):
    if shares is not None:
        np.testing.assert_allclose(list(row.shares.values()), shares, atol=0.05)
    if verdict is not None:
        assert row.verdict == verdict
    if kept is None:
        assert np.isnan(row.capability_generalization)
    elif kept is not ...:
        assert row.capability_generalization == pytest.approx(kept, abs=0.15)


@pytest.fixture(scope="module")
def corner():
    """corner-v1 and some of its shifted levels."""
    task = load_task("corner-v1")
    return task, select(load_pack(task, "shift"), np.arange(32))


def test_a_mixture_follows_its_members_on_their_levels(corner):
    task, pool = corner
    policies = reference_policies(task, pool)
    pure = np.asarray(play_references(task, policies, pool).returns)
    chosen = np.arange(64).reshape(2, 32) % 2
    mixed = np.asarray(play_references(task, mix_policies(policies, chosen), pool).returns)
    for row, members in enumerate(chosen):
        np.testing.assert_array_equal(mixed[row], pure[members, np.arange(32)])


def test_names_of_mixtures_are_different():
    for task in map(load_task, TASKS):
        names = [mixture.name for mixture in mixtures(task)]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("randomness", [0.0, 0.25, 1.0])
def test_a_clumsy_policy_takes_that_many_of_its_actions_at_random(randomness):
    always_one = ScriptedPolicy(jnp.zeros(3, jnp.int32), (lambda level, state: jnp.int32(1),))
    policy = ClumsyPolicy(always_one, jnp.array([0.0, randomness, 0.0]), 4)
    act = jax.vmap(lambda key, index: policy.act((), (index, None, None), key)[0], (0, None))
    keys = jax.random.split(jax.random.key(0), 20_000)
    others = np.mean(np.asarray(act(keys, jnp.int32(1))) != 1)
    assert others == pytest.approx(0.75 * randomness, abs=0.02)
    assert (np.asarray(act(keys[:100], jnp.int32(2))) == 1).all()


def test_a_constant_policy_takes_its_action():
    for action in range(4):
        assert int(ConstantPolicy(action).act((), None, None)[0]) == action
