"""``python -m wheelnext_build`` is the command ``wheelnext-build``."""

import os
import sys


def _leave_out_the_working_directory() -> None:
    """Python looks there first for what ``-m`` runs; no other module is to come from there.

    But for a checkout of this package, whose own folder that is.
    """
    is_checkout = os.path.dirname(os.path.dirname(__file__)) == sys.path[0]  # noqa: PTH120
    if not sys.flags.safe_path and not is_checkout:
        del sys.path[0]


if __name__ == "__main__":
    try:
        _leave_out_the_working_directory()
        from .cli.entry import main
    except KeyboardInterrupt:
        print("wheelnext-build: interrupted", file=sys.stderr)
        raise SystemExit(130) from None
    raise SystemExit(main())
