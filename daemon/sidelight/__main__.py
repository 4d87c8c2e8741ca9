"""`python -m sidelight`."""

import sys

from sidelight.cli import main

if __name__ == "__main__":
    sys.exit(main())
