"""Still pictures: a sheet of pairs of levels, and a strip of frames of episodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from gmbench.envs.core.environment import Environment
from gmbench.reports.pictures.crop import used_box
from gmbench.reports.pictures.frames import episode_frames
from gmbench.reports.pictures.layout import (
    SIDES,
    Legend,
    add_label,
    add_legend,
    lay_out_page,
    suitable_font_size,
)
from gmbench.reports.pictures.legend import legend_entries


def level_sheet(
    env: Environment[Any, Any],
    train_levels: Sequence[Any],
    shift_levels: Sequence[Any],
    *,
    captions: Sequence[str],
    scale: int = 2,
) -> Image.Image:
    """Returns a page with a pair of levels per row: a training level, and its paired level to the right.

    Under each level is what sets it apart from the other one of its pair, and at the end a legend.

    Args:
        env: the environment.
        train_levels: the training levels.
        shift_levels: the paired levels, in the same order. Both levels of a pair are cropped alike.
        captions: a text at the left of each row.
        scale: pixels of the picture per pixel of a sprite.
    """
    rows = []
    for pair in zip(train_levels, shift_levels, strict=True):
        box = used_box(env, *((level, [env.start(level)]) for level in pair))
        row = []
        for level in pair:
            [frame] = episode_frames(env, level, [env.start(level)], box=box, scale=scale)
            row.append(Image.fromarray(frame))
        rows.append(row)
    size = suitable_font_size(rows)
    pairs = zip(train_levels, shift_levels, strict=True)
    labelled = [
        [
            add_label(image, env.caption(level), size, bold=True)
            for image, level in zip(row, pair, strict=True)
        ]
        for row, pair in zip(rows, pairs, strict=True)
    ]
    page = lay_out_page(labelled, headings=SIDES, captions=captions, font_size=size)
    shown = [(level, env.start(level)) for level in (*train_levels, *shift_levels)]
    return add_legend(page, legend_entries(env, shown, size), size)


def strip(
    *episodes: Sequence[np.ndarray],
    captions: Sequence[str] = (),
    count: int = 6,
    legend: Legend | None = None,
) -> Image.Image:
    """Returns evenly spaced frames of each episode, the first and the last included, one episode per row.

    The number of its step is written under each frame.

    Args:
        episodes: the frames of each episode, from `episode_frames`.
        captions: a text at the left of each row, or none at all.
        count: frames in a row; an episode with fewer frames shows all of them.
        legend: makes the legend for a font size.
    """
    rows = []
    for frames in episodes:
        steps = np.linspace(0, len(frames) - 1, min(count, len(frames))).round().astype(int)
        rows.append([(Image.fromarray(frames[step]), f"step {step}") for step in steps])
    size = suitable_font_size([[image for image, _ in row] for row in rows])
    labelled = [[add_label(image, label, size) for image, label in row] for row in rows]
    page = lay_out_page(labelled, captions=captions, font_size=size)
    return page if legend is None else add_legend(page, legend(size), size)
