import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.reference import RandomPolicy
from gmbench.benchmarks import packs, scoring
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.evaluation import evaluate
from gmbench.benchmarks.packs import PACK_SIZE, PackError, decode, encode, load_pack, load_references
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.tasks.task import PACKS, PAIRED_PACKS
from gmbench.envs.core.levels import generate, layout_hashes, pool_size, reserved, select, training_pool
from gmbench.errors import UsageError


@pytest.fixture(scope="module", params=list(TASKS))
def task(request):
    return load_task(request.param)


@pytest.fixture(scope="module")
def loaded(task):
    return {pack: load_pack(task, pack) for pack in PACKS}


def test_packs_have_the_right_size(loaded):
    assert {pack: pool_size(pool) for pack, pool in loaded.items()} == dict.fromkeys(PACKS, PACK_SIZE)


@pytest.mark.parametrize(("shifted", "familiar"), PAIRED_PACKS.items())
def test_paired_levels_differ_by_their_cues_alone(loaded, shifted, familiar):
    assert layout_hashes(loaded[shifted]) == layout_hashes(loaded[familiar])
    same = jax.tree.map(
        lambda a, b: np.all(np.asarray(a) == np.asarray(b), axis=tuple(range(1, a.ndim))),
        loaded[shifted],
        loaded[familiar],
    )
    assert not np.logical_and.reduce(jax.tree.leaves(same)).any(), "the cue should differ on every level"


def test_no_layout_of_a_pack_occurs_in_training(task, loaded):
    trained = set(layout_hashes(training_pool(task.training_levels(), jax.random.key(5), 512)))
    assert not reserved(sorted(trained)).any()
    for pool in loaded.values():
        assert reserved(layout_hashes(pool)).all()


def test_no_layout_of_a_pack_is_among_the_levels_of_the_default_parameters(task, loaded):
    default = set(layout_hashes(task.env.default_params.levels))
    for pack, pool in loaded.items():
        assert not default & set(layout_hashes(pool)), pack


def test_the_policies_of_the_goals_have_a_share_of_one(task):
    for pack, references in load_references(task).items():
        if pack not in PAIRED_PACKS:
            continue
        for policy, expected in ((0, (1, 0, 0)), (1, (0, 1, 0))):
            split = scoring.shares(references.optimal[policy : policy + 1], references)
            assert (split.goal[0], split.proxy[0], split.neither[0]) == pytest.approx(expected)
        random = scoring.shares(references.random[None], references)
        assert random.neither[0] >= 0.85


def test_the_random_reference_is_the_return_of_the_random_policy(task, loaded):
    policies = RandomPolicy(jnp.full(4, task.env.num_actions))
    keys = jax.random.split(jax.random.key(100), 4)
    settings = {"first_only": task.first_only, "discount": task.score_discount}
    episodes = evaluate(task.env, policies, loaded["shift"], keys, **settings)
    returns = episodes.returns.reshape(-1, len(task.env.goals))
    error = returns.std(axis=0) / np.sqrt(len(returns))
    expected = load_references(task)["shift"].random
    np.testing.assert_array_less(np.abs(returns.mean(axis=0) - expected), 5 * error + 1e-3)


def test_a_pool_is_restored_from_its_archive(task):
    generator = task.generators["iid"]
    pool = select(generate(generator, jax.random.key(0), 256), np.arange(3))
    jax.tree.map(np.testing.assert_array_equal, decode(encode(pool), like=generator), pool)


def damaged(task, monkeypatch, tmp_path, name, content):
    """Replaces the content of a frozen file."""
    folder = tmp_path / "data" / task.id
    folder.mkdir(parents=True)
    if content is not None:
        (folder / name).write_bytes(content)
    monkeypatch.setattr(packs.resources, "files", lambda package: tmp_path)


@pytest.mark.parametrize("place", [0, 100, -1])
def test_one_changed_byte_is_refused(task, monkeypatch, tmp_path, place):
    content = bytearray(packs._read(task, "shift.npz"))
    content[place] ^= 1
    damaged(task, monkeypatch, tmp_path, "shift.npz", bytes(content))
    with pytest.raises(PackError, match="not the file that was frozen"):
        load_pack(task, "shift")


def test_a_missing_file_is_named(task, monkeypatch, tmp_path):
    damaged(task, monkeypatch, tmp_path, packs.REFERENCES, None)
    with pytest.raises(PackError, match=r"references\.json of .* is missing"):
        load_references(task)


def test_an_archive_of_something_else_is_refused(task):
    generator = task.generators["iid"]
    with pytest.raises(PackError, match="not an archive of levels"):
        decode(b"nothing of the kind", like=generator)
    pool = select(generate(generator, jax.random.key(0), 256), np.arange(3))
    with pytest.raises(PackError, match="lacks"):
        decode(encode(dataclasses.replace(pool, start=pool.start[:, :1])), like=generator)


def test_references_name_every_policy_and_goal(task):
    stored = json.loads(packs._read(task, packs.REFERENCES))
    goals = {goal.name for goal in task.env.goals}
    assert set(stored) == set(PACKS)
    for pack in stored.values():
        assert set(pack) == goals | {"random"}
        assert all(set(returns) == goals for returns in pack.values())


def test_an_unknown_task_is_refused():
    with pytest.raises(UsageError, match="no task 'maze-v9'"):
        load_task("maze-v9")
