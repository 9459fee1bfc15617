"""The command ``gmbench calibrate``: the runs that it refuses."""

import shutil

from tests.commands import refusal


def test_a_run_of_another_task_is_refused(tiny_run, capsys):
    assert "is of coinrun-v1" in refusal(capsys, "calibrate", "keys-v1", "--run", tiny_run)


def test_a_run_without_its_trained_policies_is_refused(tiny_run, tmp_path, capsys):
    copy = shutil.copytree(tiny_run, tmp_path / "copy")
    shutil.rmtree(copy / "checkpoint")
    assert "missing or damaged" in refusal(capsys, "calibrate", "coinrun-v1", "--run", copy)


def test_a_suite_is_refused_and_the_message_names_one_of_its_runs(tiny_suite, capsys):
    message = refusal(capsys, "calibrate", "coinrun-v1", "--run", tiny_suite)
    assert f"such as {tiny_suite / 'coinrun-v1'}" in message
