"""A head start for variants: their own files are compiled while the first pass' last ones are.

Towards the end of a pass fewer files are left than cores. From then on, in a copy of the tree's
configuration, the files are compiled that variants compile differently, one variant after the
other, until the pass is over.

Nothing is decided by this: a variant's own pass gets the object files with
what Ninja noted of them, and Ninja compiles again whatever does not match.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...system import processes
from ...system.announce import labelled, say
from .. import cmake_files
from ..environment import BuildEnvironment
from ..jobs import pass_environment, process_environment
from ..jobserver import JobServer
from ..passes import Numbered, Passes
from . import lanes
from .ninja_state import read_log
from .object_store import ObjectStore
from .tree import Tree, python_tag

_SECONDS = 0.1
"""Between looks at what Ninja has finished."""

_OBJECTS = (".o", ".obj")
_NOT_COPIED = shutil.ignore_patterns(
    *("*.o", "*.obj", "*.d", "*.a", "*.lib", "*.so", "*.pyd", "*.dll", "*.dylib", ".ninja_*")
)


def _copy_if_there(source: str, target: str) -> None:
    with contextlib.suppress(FileNotFoundError):  # a compiler's temporary file may be gone by now
        shutil.copy2(source, target, follow_symlinks=False)


class _NotPossibleError(Exception):
    """A head start cannot be had; the variants' passes do all themselves."""


@dataclass
class HeadStart:
    """Compiles ahead for ``jobs``, whose passes follow the one that runs in ``tree``.

    ``scratch`` is a folder for temporary files, ``slots`` the number of compilers that may run.
    ``store`` has the object files, ``done`` the titles of the wheels whose files are there.
    """

    passes: Passes
    tree: Tree
    jobs: Sequence[Numbered]
    scratch: Path
    environment: BuildEnvironment | None
    slots: int
    done: set[str] = field(default_factory=set)
    _pass_is_over: threading.Event = field(default_factory=threading.Event)
    _process: subprocess.Popen[str] | None = None
    _pool: JobServer | None = None
    _remaining: int = 0
    _is_given_up: bool = False

    @property
    def store(self) -> ObjectStore:
        return ObjectStore(self.scratch / "head-start-objects")

    @property
    def _folder(self) -> Path:
        return self.scratch / "head-start"

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Compile ahead while the block runs; what has been begun is finished at its end."""
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        except BaseException:
            self._is_given_up = True
            if self._process is not None:
                processes.end(self._process)
            raise
        finally:
            self._pass_is_over.set()
            if self._pool is not None:
                for _ in range(self._remaining):
                    self._pool.release()
            thread.join()
            if self._pool is not None:
                self._pool.close()

    def _run(self) -> None:
        # Whatever goes wrong here goes wrong, or well, once more in the variant's own pass.
        with contextlib.suppress(_NotPossibleError, OSError, shutil.Error, ValueError):
            commands = self._wait_for_few()
            self._prepare()
            for numbered in self.jobs:
                if self._pass_is_over.is_set():
                    return
                self._compile(numbered, commands)

    def _wait_for_few(self) -> dict[str, str]:
        """Wait until slots are free; returns the commands of the pass' object files."""
        while not (self.tree.folder / ".ninja_log").is_file():
            self._wait()
        if lanes.names_itself(self.tree.folder) or lanes.generates(self.tree.folder):
            raise _NotPossibleError
        commands = self._commands(self.tree.folder)
        while True:
            finished = read_log(self.tree.folder).keys() & commands.keys()
            self._remaining = len(commands) - len(finished)
            if self._remaining < self.slots:
                return commands
            self._wait()

    def _wait(self) -> None:
        if self._pass_is_over.wait(_SECONDS):
            raise _NotPossibleError

    def _prepare(self) -> None:
        shutil.copytree(
            self.tree.folder,
            self._folder,
            symlinks=True,
            ignore=_NOT_COPIED,
            copy_function=_copy_if_there,
        )
        lanes.move_cache(self._folder, self.tree.folder)
        pool = self.scratch / "head-start-pool"
        pool.mkdir()
        self._pool = JobServer(pool, self.slots - self._remaining, 1)

    def _compile(self, numbered: Numbered, commands: Mapping[str, str]) -> None:
        job, config = numbered.job, self.passes.config
        settings = cmake_files.write(self._folder, job.declared, config, "")
        settings |= cmake_files.defines(job.declared, config, job.toolkit)
        prefix = "cmake.define."
        defines = [
            f"-D{name.removeprefix(prefix)}={value}"
            for name, value in settings.items()
            if name.startswith(prefix)
        ]
        variables = pass_environment(job, self._folder)
        self._call([self._program("CMAKE_COMMAND"), *defines, str(self._folder)], variables)
        own = self._commands(self._folder)
        differing = [output for output in own if own[output] != commands.get(output)]
        if not differing:
            return
        ninja = [self._program("CMAKE_MAKE_PROGRAM"), "-C", str(self._folder), *differing]
        for line in self._call(ninja, variables).splitlines():
            if not line.startswith("ninja: "):
                say(labelled(job.title, line))
        self.store.take(self._folder, job.title, python_tag())
        self.done.add(job.title)

    def _commands(self, folder: Path) -> dict[str, str]:
        """The command of each object file in a configured tree."""
        ninja = self._program("CMAKE_MAKE_PROGRAM")
        entries = json.loads(self._call([ninja, "-C", str(folder), "-t", "compdb"], {}))
        return {
            entry["output"]: entry["command"]
            for entry in entries
            if entry["output"].endswith(_OBJECTS)
        }

    def _program(self, name: str) -> str:
        program = self.tree.cached(name)
        if program is None:
            raise _NotPossibleError
        return program

    def _call(self, command: Sequence[str], variables: Mapping[str, str]) -> str:
        environment = process_environment(variables)
        if self._pool is not None:
            environment = self._pool.joined(environment)
        if self.environment is not None:
            environment = self.environment.variables(environment)
        if self._is_given_up:
            raise _NotPossibleError
        with subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if "compdb" not in command else subprocess.DEVNULL,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            self._process = process
            output, _ = process.communicate()
            self._process = None
        if process.returncode:
            raise _NotPossibleError
        return output
