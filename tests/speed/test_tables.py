import io

from rich.console import Console

from gmbench.speed.tables import speed_tables


def test_tables_fit_in_80_columns_and_no_text_is_cut(report):
    out = io.StringIO()
    console = Console(file=out, width=80)
    console.print(*speed_tables(report), sep="\n")
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    for words in (
        "131,072 environments",
        "1 seed x 4,096",
        "256 seeds x 16",
        "8 seeds x 32, quick",
        "128 M",
        "122 M to 135 M",
        "memory 2.00",
        "arith. 0.50+",
        "1.21 kB",
        "1 MB",
        "130 GB",
    ):
        assert words in text, words
    rows = [line for line in text.splitlines() if "seed" in line and "│" in line]
    assert len(rows) == 2 * 3, "each row takes one line"
