"""Animations: two episodes side by side in a GIF file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageColor

from gmbench.reports.pictures.layout import INK, PAPER, SIDES, add_label, lay_out_page, suitable_font_size


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
    """Writes an animated GIF of two episodes side by side; the shorter one stops at its last frame.

    Args:
        path: the file to write.
        left_frames: uint8[rows, columns, 3] each, from `episode_frames`.
        right_frames: the same for the other episode.
        captions: how each episode ended, in a word or two; shown from its last frame on.
        headings: a text above each episode.
        fps: frames per second.
        hold: seconds for which the last frame stays.
    """
    size = suitable_font_size([[Image.fromarray(frames[0]) for frames in (left_frames, right_frames)]])
    pages = []
    for step in range(max(len(left_frames), len(right_frames))):
        row = []
        for frames, caption in zip((left_frames, right_frames), captions, strict=True):
            last = len(frames) - 1
            label = f"step {step}" if step < last else f"step {last}: {caption}"
            row.append(add_label(Image.fromarray(frames[min(step, last)]), label, size))
        pages.append(lay_out_page([row], headings=headings, font_size=size))
    durations = [1000 // fps] * (len(pages) - 1) + [round(1000 * hold)]
    # All pages share one palette, so that the file stores only the pixels that change.
    palette = _palette(frames[index] for frames in (left_frames, right_frames) for index in (0, -1))
    first, *others = (page.quantize(palette=palette, dither=Image.Dither.NONE) for page in pages)
    first.save(path, save_all=True, append_images=others, duration=durations, loop=0, optimize=True)


def _palette(frames: Iterable[np.ndarray]) -> Image.Image:
    """Returns an image whose palette has the colours of the frames and those of text on paper."""
    pixels = Image.fromarray(np.concatenate([frame.reshape(1, -1, 3) for frame in frames], axis=1))
    counted = sorted(pixels.getcolors(maxcolors=pixels.width) or (), reverse=True)
    ink, paper = (ImageColor.getcolor(colour, "RGB") for colour in (INK, PAPER))
    # Few shades, far apart: Pillow confuses neighbouring colours, and the paper must stay white.
    shades = np.linspace(ink, paper, 16).round().astype(int).tolist()
    colours = [*shades, *(colour for _, colour in counted)][:256]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in colours for part in colour])
    return palette
