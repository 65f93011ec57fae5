"""Entry point of the command; it imports only small modules.

So Ctrl-C has the same effect while Python loads the rest as it has later.
"""

from __future__ import annotations

import sys

from ..system.exit_status import INTERRUPTED


def main() -> int:
    """Run the command; return its exit status."""
    try:
        from .main import main as run

        return run()
    except KeyboardInterrupt:
        print("wheelnext-build: interrupted", file=sys.stderr)
        return INTERRUPTED
