"""Commands as the tests give them."""

from gmbench.cli.main import main


def refusal(capsys, *arguments):
    """The one sentence with which a command is refused."""
    assert main([str(argument) for argument in arguments]) == 2
    message = capsys.readouterr().err.strip().splitlines()[-1]
    assert message.startswith("gmbench: ")
    return message
