"""The layout of a page: images in rows and columns, with headings and captions."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from itertools import accumulate, zip_longest
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont

INK, PAPER = "#222222", "#ffffff"
SIDES = ("training", "shift")
"""The headings of a training level and of its paired level."""
LINE = 1.5
"""Height of a line of text, in font sizes."""
WIDTH_TO_FONT = 55
"""Width of a page in font sizes: text is about 7 points high in a picture that is printed 5.5 inches wide."""
SMALLEST_FONT = 12
"""The smallest font size, in pixels."""


def suitable_font_size(rows: Sequence[Sequence[Image.Image]]) -> int:
    """Returns a font size in pixels, in proportion to the widest row: text is legible at any print size."""
    widest = max(sum(image.width for image in row) for row in rows)
    return max(SMALLEST_FONT, round(widest / WIDTH_TO_FONT))


def add_label(image: Image.Image, label: str, font_size: int) -> Image.Image:
    """Returns the image with a line of text centred under it."""
    page = Image.new("RGB", (image.width, image.height + round(LINE * font_size)), PAPER)
    page.paste(image)
    ImageDraw.Draw(page).text((image.width / 2, page.height), label, INK, _font(font_size), anchor="md")
    return page


def lay_out_page(
    rows: Sequence[Sequence[Image.Image]],
    *,
    headings: Sequence[str] = (),
    captions: Sequence[str] = (),
    font_size: int,
) -> Image.Image:
    """Returns a white page of images in rows and columns.

    Args:
        rows: the images; those of a column are aligned at the left.
        headings: a text above each column, or none at all.
        captions: a text at the left of each row, or none at all.
        font_size: in pixels; also the width of the margins.
    """
    font, bold, gap = _font(font_size), _font(font_size, bold=True), font_size
    widths = [max(image.width for image in column if image is not None) for column in zip_longest(*rows)]
    heights = [max(image.height for image in row) for row in rows]
    first_left = gap + max((round(font.getlength(caption)) + gap for caption in captions), default=0)
    first_top = gap + (round(LINE * font_size) if headings else 0)
    lefts = list(accumulate(widths, lambda left, width: left + width + gap, initial=first_left))
    tops = list(accumulate(heights, lambda top, height: top + height + gap, initial=first_top))

    # The last entries are where one more column and one more row would begin: the page ends there.
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


@functools.cache
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", name), size)
