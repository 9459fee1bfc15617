"""The layout of a page: images in rows and columns, with headings and captions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from itertools import accumulate, zip_longest
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont

INK, PAPER = "#222222", "#ffffff"
SIDES = ("training", "shift")
"""The headings of a training level and of its paired level."""
Legend = Callable[[int], Sequence[tuple[Image.Image, str]]]
"""A function of the font size that makes the entries of a legend, see `add_legend`."""
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


def add_label(
    image: Image.Image, label: str, font_size: int, *, least_lines: int = 1, bold: bool = False
) -> Image.Image:
    """Returns the image with a text centred under it, in as many lines as its width requires."""
    font = font_of(font_size, bold=bold)
    lines = wrap(label, image.width, font_size, bold=bold)
    lines += [""] * (least_lines - len(lines))
    height = round(LINE * font_size)
    page = Image.new("RGB", (image.width, image.height + height * len(lines)), PAPER)
    page.paste(image)
    pen = ImageDraw.Draw(page)
    for number, line in enumerate(lines, start=1):
        place = (image.width / 2, image.height + number * height)
        pen.text(place, line, INK, font, anchor="md")
    return page


def wrap(text: str, width: int, font_size: int, *, bold: bool = False) -> list[str]:
    """Splits a text into lines that are at most ``width`` pixels wide, if its words are not wider."""
    lines: list[str] = []
    font = font_of(font_size, bold=bold)
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def add_legend(page: Image.Image, entries: Sequence[tuple[Image.Image, str]], font_size: int) -> Image.Image:
    """Returns a page with a legend under it: small pictures with their meanings, in rows.

    Args:
        page: the page.
        entries: each picture with its meaning.
        font_size: in pixels; also the width of the margins.
    """
    font, gap = font_of(font_size), font_size
    line = round(max([LINE * font_size, *(image.height for image, _ in entries)]) + gap / 3)
    places, left, row = [], gap, 0
    for image, meaning in entries:
        width = image.width + gap / 2 + font.getlength(meaning)
        if left > gap and left + width > page.width - gap:
            left, row = gap, row + 1
        places.append((left, row))
        left += round(width + 1.5 * gap)
    longer = Image.new("RGB", (page.width, page.height + line * (row + 1) + gap // 2), PAPER)
    longer.paste(page)
    pen = ImageDraw.Draw(longer)
    for (image, meaning), (left, row) in zip(entries, places, strict=True):
        middle = page.height + line * row + line // 2
        longer.paste(image, (left, middle - image.height // 2))
        pen.text((left + image.width + gap / 2, middle), meaning, INK, font, anchor="lm")
    return longer


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
        captions: a text of one or several lines at the left of each row, or none at all.
        font_size: in pixels; also the width of the margins.
    """
    font, bold, gap = font_of(font_size), font_of(font_size, bold=True), font_size
    widths = [max(image.width for image in column if image is not None) for column in zip_longest(*rows)]
    heights = [max(image.height for image in row) for row in rows]
    lines = [line for caption in captions for line in caption.splitlines()]
    first_left = gap + max((round(font.getlength(line)) + gap for line in lines), default=0)
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
def font_of(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Returns the font of all pictures in a size in pixels."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", name), size)
