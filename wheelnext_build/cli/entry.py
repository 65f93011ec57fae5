"""Where the command begins: nothing is imported here that could take a moment.

Ctrl-C while Python still loads the rest is answered as at any other time.
"""

from __future__ import annotations

import sys

from ..system.exit_status import INTERRUPTED


def main() -> int:
    """Run the command line's command; returns its exit status."""
    try:
        from .main import main as run

        return run()
    except KeyboardInterrupt:
        print("wheelnext-build: interrupted", file=sys.stderr)
        return INTERRUPTED
