"""Helpers that run commands of gmbench."""

from gmbench.cli.main import main


def command_line(*words, **options):
    """Returns the words of a command: ``command_line("run", "quick", seeds=2)`` is run quick --seeds 2."""
    return [*words, *(word for name, value in options.items() for word in (f"--{name}", str(value)))]


def run_command(*arguments):
    """Runs a command and checks that it succeeds."""
    assert main([str(argument) for argument in arguments]) == 0


def refusal(capsys, *arguments):
    """Runs a command, checks that it is refused, and returns the one sentence that it prints."""
    assert main([str(argument) for argument in arguments]) == 2
    message = capsys.readouterr().err.strip().splitlines()[-1]
    assert message.startswith("gmbench: ")
    return message
