"""Captions: a reader of a picture learns what sets a level apart from its paired level."""

import pytest

from gmbench.benchmarks.tasks.task import PAIRED_PACKS
from gmbench.reports.pictures.frames import unstack
from gmbench.reports.pictures.legend import legend_entries


@pytest.fixture(scope="module")
def pairs(task, packs):
    """Training levels with their paired levels, from the packs."""
    return [
        pair
        for shifted, familiar in PAIRED_PACKS.items()
        for pair in zip(unstack(packs[familiar]), unstack(packs[shifted]), strict=True)
    ]


def test_captions_of_paired_levels_differ(task, pairs):
    for pair in pairs:
        familiar, shifted = (task.env.caption(level) for level in pair)
        assert familiar
        assert shifted
        assert familiar != shifted


def test_a_caption_names_the_length_of_episodes_that_differ(task, pairs):
    for pair in pairs:
        lengths = [int(task.env.horizon(level)) for level in pair]
        if lengths[0] != lengths[1]:
            assert all(str(n) in task.env.caption(level) for n, level in zip(lengths, pair, strict=True))


def test_the_legend_explains_every_channel_and_annotation_once(task, pairs):
    level = pairs[0][1]
    entries = legend_entries(task.env, [(level, task.env.start(level))], 12)
    meanings = [meaning for _, meaning in entries]
    assert len(set(meanings)) == len(meanings)
    assert all(meanings)
    assert set(task.env.meanings) <= {"agent", *task.env.channels}
    assert set(task.env.meanings.values()) <= set(meanings)
    assert {one.meaning for one in task.env.annotations(level, task.env.start(level)) if one.meaning} <= set(
        meanings
    )
