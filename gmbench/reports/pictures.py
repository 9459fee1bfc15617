"""Pictures of levels and episodes: sheets of levels, strips of frames, animations side by side.

Levels and states are Python lists here, each entry unbatched; `unstack` makes one of a pool of levels or of
the states of a rollout. The states of an episode begin with the first, so that state k is the one after k
steps.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import jax
import matplotlib
import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from gmbench.envs import Environment
from gmbench.envs.core.rendering import TILE, Mark, scene_image

INK, PAPER = "#222222", "#ffffff"
SIDES = ("training", "shift")
LINE = 1.5
"""Height of a line of text, in font sizes."""
WIDTH_TO_FONT = 55
"""Width of a page in font sizes: about 7 points in a picture that is printed 5.5 inches wide."""
SMALLEST_FONT = 12
"""In pixels."""


class Box(NamedTuple):
    """Cells of a scene, the right and lower ends excluded."""

    left: int
    top: int
    right: int
    bottom: int


def unstack(stacked: Any, count: int | None = None) -> list[Any]:
    """The first ``count`` entries along axis 0 of every leaf of a pytree, or all, as a list of pytrees."""
    # On the host at once: to slice on the device would cost a dispatch for each leaf and entry.
    stacked = jax.device_get(stacked)
    size = len(jax.tree.leaves(stacked)[0])
    return [jax.tree.map(operator.itemgetter(index), stacked) for index in range(size)[:count]]


# Which part of a level to show.


def used_box(env: Environment[Any, Any], *episodes: tuple[Any, Iterable[Any]]) -> Box:
    """The part of the scene that is worth a picture, common to all episodes.

    Outer rows and columns that merely repeat their inner neighbour are left out, such as empty sky and
    the plain wall beyond the end of a level, unless the agent gets there.

    Args:
        env: the environment.
        episodes: pairs of a level and the states to show on it.
    """
    pairs = [(level, state) for level, states in episodes for state in states]
    scenes = np.stack([_scene(env, level, state) for level, state in pairs])
    places = np.array([env.position(state) for _, state in pairs])
    left, right = _varied(scenes.transpose(2, 0, 1, 3), places[:, 0])
    top, bottom = _varied(scenes[:, :, left:right].transpose(1, 0, 2, 3), places[:, 1])
    return Box(left, top, right, bottom)


@functools.partial(jax.jit, static_argnums=0)
def _scene(env: Environment[Any, Any], level: Any, state: Any) -> jax.Array:
    return env.scene(level, state)


def _varied(lines: np.ndarray, agent: np.ndarray) -> tuple[int, int]:
    """First and one past the last line to keep: without outer repeats, and with a line around the agent.

    Args:
        lines: [lines, ...], what they hold.
        agent: int[n], the lines that the agent is on.
    """
    changes = np.nonzero((lines[1:] != lines[:-1]).reshape(len(lines) - 1, -1).any(axis=1))[0]
    first, last = (changes[0], changes[-1] + 1) if len(changes) else (0, len(lines) - 1)
    first, last = min(first, agent.min() - 1), max(last, agent.max() + 1)
    return max(int(first), 0), min(int(last), len(lines) - 1) + 1


# Figures.


def level_sheet(
    env: Environment[Any, Any],
    train_levels: Sequence[Any],
    shift_levels: Sequence[Any],
    *,
    scale: int = 2,
    marks: Callable[[Any], Iterable[Mark]] | None = None,
    headings: tuple[str, str] = SIDES,
    captions: Sequence[str] | None = None,
    font_size: int | None = None,
) -> Image.Image:
    """Pairs of levels, one row for each: the training level at the left, its shifted twin at the right.

    Args:
        env: the environment.
        train_levels: a list of levels.
        shift_levels: their twins; a pair shares its crop.
        scale: pixels of the picture for one of a sprite.
        marks: gives the cells to point out in a level.
        headings: of the two columns.
        captions: at the left of each row; numbers from 1 by default.
        font_size: in pixels; by default in proportion to the page, see `WIDTH_TO_FONT`.
    """
    rows = []
    for pair in zip(train_levels, shift_levels, strict=True):
        box = used_box(env, *((level, [env.start(level)]) for level in pair))
        row = []
        for level in pair:
            pointed = marks(level) if marks else ()
            frame, *_ = episode_frames(env, level, [env.start(level)], box=box, scale=scale, marks=pointed)
            row.append(Image.fromarray(frame))
        rows.append(row)
    captions = captions or [str(number) for number in range(1, len(rows) + 1)]
    return _page(rows, headings=headings, captions=captions, font_size=font_size or _font_size(rows))


def episode_frames(
    env: Environment[Any, Any],
    level: Any,
    states: Iterable[Any],
    *,
    box: Box | None = None,
    scale: int = 1,
    marks: Iterable[Mark] = (),
) -> list[np.ndarray]:
    """A picture of the level for every state: uint8[rows, columns, 3] each, all of one size.

    Args:
        env: the environment.
        level: the level of the episode.
        states: a list of states.
        box: what to show; give the same `used_box` for episodes that go together. By default this
            episode's own.
        scale: pixels of the picture for one of a sprite.
        marks: cells to point out.
    """
    states, marks = list(states), list(marks)
    box = box or used_box(env, (level, states))
    rows = slice(box.top * TILE * scale, box.bottom * TILE * scale)
    columns = slice(box.left * TILE * scale, box.right * TILE * scale)
    images = (scene_image(env, level, state, scale, marks) for state in states)
    return [np.asarray(image)[rows, columns] for image in images]


def strip(
    *episodes: Sequence[np.ndarray],
    captions: Sequence[str] = (),
    count: int = 6,
    font_size: int | None = None,
) -> Image.Image:
    """Evenly spaced frames of an episode from first to last, the step under each; a row for each episode.

    Args:
        episodes: frames of each, from `episode_frames`.
        captions: at the left of each row, or none.
        count: frames in a row; an episode with fewer shows all.
        font_size: as in `level_sheet`.
    """
    rows = []
    for frames in episodes:
        steps = np.linspace(0, len(frames) - 1, min(count, len(frames))).round().astype(int)
        rows.append([(Image.fromarray(frames[step]), f"step {step}") for step in steps])
    size = font_size or _font_size([[image for image, _ in row] for row in rows])
    labelled = [[_labelled(image, label, size) for image, label in row] for row in rows]
    return _page(labelled, captions=captions, font_size=size)


def save_gif(
    path: str | Path,
    left_frames: Sequence[np.ndarray],
    right_frames: Sequence[np.ndarray],
    captions: tuple[str, str],
    *,
    headings: tuple[str, str] = SIDES,
    fps: int = 10,
    hold: float = 2.0,
) -> None:
    """Writes an animated GIF of two episodes side by side; the shorter one waits on its last frame.

    Args:
        path: the file to write.
        left_frames: uint8[rows, columns, 3] each, from `episode_frames`.
        right_frames: the same for the other episode.
        captions: how each episode ended, in a word or two, shown from its last frame on.
        headings: above each episode.
        fps: frames in a second.
        hold: seconds that the last frame stays.
    """
    size = _font_size([[Image.fromarray(frames[0]) for frames in (left_frames, right_frames)]])
    pages = []
    for step in range(max(len(left_frames), len(right_frames))):
        row = []
        for frames, caption in zip((left_frames, right_frames), captions, strict=True):
            last = len(frames) - 1
            label = f"step {step}" if step < last else f"step {last}: {caption}"
            row.append(_labelled(Image.fromarray(frames[min(step, last)]), label, size))
        pages.append(_page([row], headings=headings, font_size=size))
    durations = [1000 // fps] * (len(pages) - 1) + [round(1000 * hold)]
    # One palette for all, so that a frame stores only what changed.
    palette = _palette(frames[index] for frames in (left_frames, right_frames) for index in (0, -1))
    first, *others = (page.quantize(palette=palette, dither=Image.Dither.NONE) for page in pages)
    first.save(path, save_all=True, append_images=others, duration=durations, loop=0, optimize=True)


def _palette(frames: Iterable[np.ndarray]) -> Image.Image:
    """An image whose palette holds the colours of the frames and those of text on paper."""
    pixels = Image.fromarray(np.concatenate([frame.reshape(1, -1, 3) for frame in frames], axis=1))
    counted = sorted(pixels.getcolors(maxcolors=pixels.width) or (), reverse=True)
    ink, paper = (ImageColor.getcolor(colour, "RGB") for colour in (INK, PAPER))
    # Few shades, far apart: Pillow takes neighbouring colours for the same, and paper must stay white.
    shades = np.linspace(ink, paper, 16).round().astype(int).tolist()
    colours = [*shades, *(colour for _, colour in counted)][:256]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in colours for part in colour])
    return palette


# Layout.


@functools.cache
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", name), size)


def _font_size(rows: Sequence[Sequence[Image.Image]]) -> int:
    """A size in proportion to the widest row, so that text is legible wherever the picture is printed."""
    widest = max(sum(image.width for image in row) for row in rows)
    return max(SMALLEST_FONT, round(widest / WIDTH_TO_FONT))


def _labelled(image: Image.Image, label: str, font_size: int) -> Image.Image:
    """The image with a line of text under its middle."""
    page = Image.new("RGB", (image.width, image.height + round(LINE * font_size)), PAPER)
    page.paste(image)
    ImageDraw.Draw(page).text((image.width / 2, page.height), label, INK, _font(font_size), anchor="md")
    return page


def _page(
    rows: Sequence[Sequence[Image.Image]],
    *,
    headings: Sequence[str] = (),
    captions: Sequence[str] = (),
    font_size: int,
) -> Image.Image:
    """A white page of images in rows and columns.

    Args:
        rows: images, those of a column aligned at the left.
        headings: one above each column, or none.
        captions: one at the left of each row, or none.
        font_size: in pixels, and the width of the margins.
    """
    font, bold, gap = _font(font_size), _font(font_size, bold=True), font_size
    widths = [max(image.width for image in column if image is not None) for column in zip_longest(*rows)]
    heights = [max(image.height for image in row) for row in rows]
    first_left = gap + max((round(font.getlength(caption)) + gap for caption in captions), default=0)
    first_top = gap + (round(LINE * font_size) if headings else 0)
    lefts = list(accumulate(widths, lambda left, width: left + width + gap, initial=first_left))
    tops = list(accumulate(heights, lambda top, height: top + height + gap, initial=first_top))

    # Behind the last image, a next one would begin: that is where the page ends.
    page = Image.new("RGB", (lefts.pop(), tops.pop()), PAPER)
    for row, top in zip(rows, tops, strict=True):
        for image, left in zip(row, lefts, strict=False):
            page.paste(image, (left, top))
    pen = ImageDraw.Draw(page)
    for left, heading in zip(lefts, headings, strict=False):
        pen.text((left, gap), heading, INK, bold, anchor="la")
    for top, height, caption in zip(tops, heights, captions, strict=False):
        pen.text((gap, top + height / 2), caption, INK, font, anchor="lm")
    return page
