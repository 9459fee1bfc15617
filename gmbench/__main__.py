"""``python -m gmbench`` is ``gmbench``."""

from gmbench.cli.entry import main

main()
