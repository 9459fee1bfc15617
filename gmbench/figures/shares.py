"""The split of behaviour under shift."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from gmbench.figures.bars import MEANS_HEIGHT, draw_means, draw_seeds, patches, seeds_height
from gmbench.figures.style import COLUMN, GOAL, HEADING, NEITHER, PROXIES, STYLE, legend, numbers, title
from gmbench.results import Result

SHARES = ("goal", "proxy", "neither")


@matplotlib.rc_context(STYLE)
def three_shares(result: Result) -> Figure:
    """The split of behaviour under shift into goal, proxy and neither: the means, and every seed.

    The means are those of the packs ``shift`` and ``hard_shift``; the seeds, ordered by their goal share,
    are shown on ``shift``. The whiskers are the 95 % intervals of the goal share, at its end, and of the
    share of neither, at its beginning.
    """
    scores = result.scores
    seeds = scores["per_seed"]
    heights = (MEANS_HEIGHT, seeds_height(len(seeds)))
    figure = Figure(figsize=(COLUMN, sum(heights) + 1.4), layout="constrained")
    means, each = figure.subplots(2, 1, sharex=True, height_ratios=heights)
    means.set_label("means")
    each.set_label("seeds")

    colours = (GOAL, PROXIES[0], NEITHER)
    packs = {"shift": scores["shares"], "hard shift": scores["hard"]["shift"]["shares"]}
    rows = {pack: [shares[name] for name in SHARES] for pack, shares in packs.items()}
    draw_means(means, rows, colours)
    means.set_title("mean over seeds", **HEADING)
    widths = np.array([numbers(seed["shares"][name] for name in SHARES) for seed in seeds])
    draw_seeds(each, seeds, widths, colours)
    each.set_xlabel("share of behaviour")
    goal, *proxies = result.manifest["goals"]
    proxy = proxies[0] if len(proxies) == 1 else f"any of {len(proxies)}"
    legend(figure, patches(colours, (f"goal ({goal})", f"proxy ({proxy})", "neither")))
    title(figure, result)
    return figure
