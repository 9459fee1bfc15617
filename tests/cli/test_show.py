"""The command ``gmbench show``."""

from PIL import Image

from tests.commands import refusal, run_command


def test_show_draws_pairs_of_levels_a_single_level_and_an_animation(tmp_path):
    run_command("show", "coinrun-v1", "--out", tmp_path / "pairs.png", "--count", "2")
    run_command("show", "coinrun-v1", "--out", tmp_path / "best.gif")
    (tmp_path / "level.txt").write_text("@..o.G\n######\n")
    level = ["--level", tmp_path / "level.txt"]
    run_command("show", "coinrun-v1", "--out", tmp_path / "level.png", *level)
    assert Image.open(tmp_path / "pairs.png").width > Image.open(tmp_path / "level.png").width
    assert Image.open(tmp_path / "best.gif").n_frames > 5


def test_a_text_that_is_not_a_level_is_refused(tmp_path, capsys):
    (tmp_path / "level.txt").write_text("@..?.G\n######\n")
    arguments = ["show", "coinrun-v1", "--out", tmp_path / "a.png", "--level", tmp_path / "level.txt"]
    assert "'?'" in refusal(capsys, *arguments)
    assert not (tmp_path / "a.png").exists()


def test_show_overwrites_nothing(tmp_path, capsys):
    (tmp_path / "a.png").write_text("mine")
    assert "there already" in refusal(capsys, "show", "coinrun-v1", "--out", tmp_path / "a.png")
    assert (tmp_path / "a.png").read_text() == "mine"


def test_the_legend_of_symbols_is_printed(tmp_path, capsys):
    run_command("show", "memory-v1", "--legend")
    printed = capsys.readouterr().out
    for word in ("the green end", "the purple end", "ice", "slippery NUMBER"):
        assert word in printed
    (tmp_path / "level.txt").write_text("@.?\n")
    arguments = ["show", "memory-v1", "--out", tmp_path / "a.png", "--level", tmp_path / "level.txt"]
    assert "g (the green end), p (the purple end)" in refusal(capsys, *arguments)


def test_show_says_what_to_do_without_a_file(capsys):
    assert "give --out FILE" in refusal(capsys, "show", "memory-v1")
