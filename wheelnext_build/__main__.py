"""``python -m wheelnext_build`` is the command ``wheelnext-build``."""

from .cli.entry import main

if __name__ == "__main__":
    raise SystemExit(main())
