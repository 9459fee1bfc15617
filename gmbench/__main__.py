"""``python -m gmbench`` is ``gmbench``."""

import sys

from gmbench.cli.main import main

sys.exit(main())
