"""``wheelnext-build matrix --check-providers``: isolated environments for provider plugins."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

from ..errors import RequestError
from ..plugins.checking import NotInstalledError
from ..plugins.process import PluginInterpreter
from ..system.temporary import all_temporary_files
from ..variants.providers import Plugin


@contextlib.contextmanager
def installed(plugin: Plugin, installer: str) -> Iterator[PluginInterpreter]:
    """Make an isolated environment with the plugin in it, until the block ends.

    Raises NotInstalledError if the plugin cannot be installed, and RequestError if no environment
    can be made at all.
    """
    try:
        from ..frontend.environments import installer_output, isolated
    except ModuleNotFoundError:
        raise RequestError(
            "--check-providers needs build: pip install 'wheelnext-build[cli]'"
        ) from None
    print(f"asking the provider of {plugin.namespace!r} ({plugin})", file=sys.stderr)
    with all_temporary_files(), isolated(None, installer) as env:
        try:
            env.install(plugin.requires)
        except subprocess.CalledProcessError as error:
            reason = "\n".join(f"  {line}" for line in installer_output(error))
            raise NotInstalledError(
                f"{', '.join(plugin.requires)} cannot be installed:\n{reason}"
            ) from None
        yield PluginInterpreter(env.python_executable, env.make_extra_environ())
