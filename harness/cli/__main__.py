"""``python -m harness.cli``: the command line of a checkout that is not installed."""

import sys

from harness.cli import main

sys.exit(main())
