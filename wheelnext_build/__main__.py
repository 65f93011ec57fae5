"""``python -m wheelnext_build`` is the command ``wheelnext-build``."""

import os
import sys


def _leave_out_the_working_directory() -> None:
    """Remove the working directory, which ``-m`` puts first, from the module search path.

    It stays if it is a checkout of this package, which is then imported from there.
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
