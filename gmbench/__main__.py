"""``python -m gmbench`` is ``gmbench``."""

import sys

from gmbench.cli import main

sys.exit(main())
