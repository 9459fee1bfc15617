"""Colours that a task rests on can be told apart in a grey print."""

import itertools

import numpy as np
import pytest

from gmbench.benchmarks.registry import load_task

LEAST = 30
"""The least difference of two greys, of 255, that is seen at a glance."""


def luma(tile):
    """The mean grey of the opaque pixels of a tile that are neither outlines nor white."""
    colour = tile[..., :3] @ np.array([0.299, 0.587, 0.114])
    inner = (tile[..., 3] == 255) & (colour > 45) & (colour < 250)
    return colour[inner].mean()


@pytest.mark.parametrize(
    ("task_id", "channels"),
    [
        ("instruct-v1", ("red", "yellow", "blue")),
        ("gem-v1", ("yellow", "red")),
        ("memory-v1", ("green end", "purple end")),
        ("memory-v1", ("green signal", "purple signal")),
    ],
)
def test_colours_differ_in_grey(task_id, channels):
    env = load_task(task_id).env
    greys = [luma(env.sprites.tiles[env.channels.index(name), 0]) for name in channels]
    assert min(abs(one - other) for one, other in itertools.combinations(greys, 2)) >= LEAST


def test_beacons_differ_by_their_numbers():
    env = load_task("follow-v1").env
    outlines = [
        env.sprites.tiles[env.channels.index(name), 0][..., :3].sum(axis=-1) < 150
        for name in ("red", "yellow", "green", "blue")
    ]
    for one, other in itertools.combinations(outlines, 2):
        assert (one != other).any()
