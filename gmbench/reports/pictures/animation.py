"""Animations: two episodes side by side in a GIF file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageColor

from gmbench.reports.pictures.layout import (
    INK,
    PAPER,
    SIDES,
    Legend,
    add_label,
    add_legend,
    lay_out_page,
    suitable_font_size,
    wrap,
)


def save_gif(
    path: str | Path,
    left_frames: Sequence[np.ndarray],
    right_frames: Sequence[np.ndarray],
    captions: tuple[str, str],
    *,
    headings: tuple[str, str] = SIDES,
    notes: tuple[str, str] = ("", ""),
    legend: Legend | None = None,
    fps: int = 10,
    hold: float = 2.0,
) -> None:
    """Writes an animated GIF of two episodes side by side; the shorter one stops at its last frame.

    Args:
        path: the file to write.
        left_frames: uint8[rows, columns, 3] each, from `episode_frames`.
        right_frames: the same for the other episode.
        captions: how each episode ended, in a few words; shown from its last frame on.
        headings: a text above each episode.
        notes: a text below each episode.
        legend: makes the legend for a font size.
        fps: frames per second.
        hold: seconds for which the last frame stays.
    """
    size = suitable_font_size([[Image.fromarray(frames[0]) for frames in (left_frames, right_frames)]])
    sides = (left_frames, right_frames)
    ends = [f"step {len(frames) - 1}: {caption}" for frames, caption in zip(sides, captions, strict=True)]
    # All pages are equally high, although the texts at the end are longer.
    lines, noted = (
        max(len(wrap(text, frames[0].shape[1], size)) for frames, text in zip(sides, texts, strict=True))
        for texts in (ends, notes)
    )
    pages = []
    for step in range(max(len(left_frames), len(right_frames))):
        row = []
        for frames, end, note in zip(sides, ends, notes, strict=True):
            label = f"step {step}" if step < len(frames) - 1 else end
            image = add_label(
                Image.fromarray(frames[min(step, len(frames) - 1)]), note, size, least_lines=noted
            )
            row.append(add_label(image, label, size, least_lines=lines))
        page = lay_out_page([row], headings=headings, font_size=size)
        pages.append(page if legend is None else add_legend(page, legend(size), size))
    durations = [1000 // fps] * (len(pages) - 1) + [round(1000 * hold)]
    # All pages share one palette, so that the file stores only the pixels that change.
    palette = _palette(frames[index] for frames in (left_frames, right_frames) for index in (0, -1))
    first, *others = (page.quantize(palette=palette, dither=Image.Dither.NONE) for page in pages)
    first.save(
        path, format="GIF", save_all=True, append_images=others, duration=durations, loop=0, optimize=True
    )


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
