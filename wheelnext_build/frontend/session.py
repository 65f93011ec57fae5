"""One run of ``wheelnext-build build``: calls the hooks in isolated environments."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..building.request import Request
from ..config.hook_settings import (
    ALL_SETTING,
    KEEP_GOING_VARIABLE,
    LABEL_SETTING,
    PARALLEL_VARIABLE,
    PLAIN,
)
from ..config.project import Project
from ..errors import BuildError, RequestError
from ..system import processes
from ..system.announce import ERROR
from ..system.locks import build_folder
from ..system.temporary import all_temporary_files, temporary_folder
from . import source
from .display import Display
from .progress import Tracker
from .pythons import Interpreter

if TYPE_CHECKING:
    from .environments import Environment

Settings = dict[str, str | list[str]]
DistKind = Literal["sdist", "wheel"]

_PATIENCE = 5
"""Seconds that a hook has to remove its temporary files when it is told to end."""

_LOG_TAIL = 200
"""Lines of output to show if the failure is in no wheel's log."""


@dataclass(frozen=True)
class Options:
    """How hooks are called.

    ``installer`` makes the isolated environments, unless ``no_isolation``; ``jobs`` is the number
    of compilers at once, None for one on each core. ``verbose`` shows all output.
    """

    installer: Literal["pip", "uv"] = "pip"
    no_isolation: bool = False
    keep_going: bool = False
    jobs: int | None = None
    verbose: bool = False


@dataclass
class Session:
    """The files to build, their folder, and the progress that is shown."""

    options: Options
    project: Path
    interpreters: Sequence[Interpreter]
    settings: Settings
    outdir: Path
    tracker: Tracker
    shown: Display
    _tail: deque[str] = field(default_factory=lambda: deque(maxlen=_LOG_TAIL))
    _errors: list[str] = field(default_factory=list)

    def build(self, kinds: Sequence[DistKind]) -> BuildError | None:
        """Build all files; return the failure with its log, or None."""
        try:
            from build import BuildBackendException, BuildException
        except ModuleNotFoundError:
            raise RequestError(
                "this command needs build: pip install 'wheelnext-build[cli]'"
            ) from None
        errors: list[Exception] = []
        with self._work_folder() as work, all_temporary_files():
            folder = self.project
            interpreters: list[Interpreter | None] = [*self.interpreters] or [None]
            for interpreter in interpreters:
                several = len(self.interpreters) > 1
                self.tracker.begin(interpreter.title if interpreter and several else "")
                try:
                    folder = self._build(interpreter, kinds, folder, work)
                except (
                    BuildBackendException,
                    BuildException,
                    subprocess.CalledProcessError,
                ) as error:
                    errors.append(error)
                    self.tracker.fail()
                    if "sdist" in kinds or not self.options.keep_going:
                        break
                kinds = [kind for kind in kinds if kind != "sdist"]
        self.shown.update(self.tracker, changed=True)
        return self._failure(errors[0]) if errors else None

    def _build(
        self, interpreter: Interpreter | None, kinds: Sequence[DistKind], folder: Path, work: Path
    ) -> Path:
        """Build with one interpreter; return the folder from which wheels are built."""
        from .environments import isolated

        with contextlib.ExitStack() as stack:
            env = None
            if not self.options.no_isolation:
                env = stack.enter_context(isolated(interpreter, self.options.installer))
            if "sdist" in kinds:
                self.tracker.start("sdist", "preparing the environment")
                self.shown.update(self.tracker, changed=True)
                archive = self._dist("sdist", env, folder)
                self.tracker.finish(archive.name)
                self.shown.update(self.tracker, changed=True)
                if "wheel" in kinds:
                    folder = source.unpack(archive, work / "source")
            if "wheel" in kinds:
                self._wheels(env, folder)
        return folder

    def _wheels(self, env: Environment | None, folder: Path) -> None:
        if {ALL_SETTING, LABEL_SETTING} & self.settings.keys():
            self._dist("wheel", env, folder)
            return
        # scikit-build-core builds the plain wheel alone, and does not announce its start.
        self.tracker.start(f"{self.tracker.section} {PLAIN}".lstrip())
        self.shown.update(self.tracker, changed=True)
        wheel = self._dist("wheel", env, folder)
        self.tracker.finish(wheel.name)
        self.shown.update(self.tracker, changed=True)

    def _dist(self, kind: DistKind, env: Environment | None, folder: Path) -> Path:
        from build import ProjectBuilder

        from .environments import for_installers

        if env is None:
            builder = ProjectBuilder(folder, runner=self._run)
        else:
            builder = ProjectBuilder.from_isolated_env(env, folder, runner=self._run)
            with for_installers():
                env.install(builder.build_system_requires)
            further = builder.get_requires_for_build(kind, dict(self.settings))
            with for_installers():
                env.install(further)
        return Path(builder.build(kind, str(self.outdir), dict(self.settings)))

    @contextlib.contextmanager
    def _work_folder(self) -> Iterator[Path]:
        """Yield a folder for the unpacked sdist, and for trees that interpreters share.

        If the project has a build folder, the folder is beside it and is kept.
        """
        project = Project.load(self.project)
        skbuild = project.skbuild_settings(
            Request.parse(self.settings).settings, "wheel", os.environ
        )
        with contextlib.chdir(self.project):
            kept = skbuild.kept_folder()
        if kept is not None:
            self.settings["build-dir"] = f"{kept.parent}/"
            folder = kept.parent / "wheelnext-release"
            with build_folder(
                folder, f"another build is at work in {folder}: waiting for it to end"
            ):
                (folder / ".gitignore").write_text("*\n", encoding="utf-8")
                yield folder
            return
        with temporary_folder(f"{project.name}-release") as folder:
            if len(self.interpreters) > 1:
                self.settings["build-dir"] = f"{folder}/"
            yield folder

    def _run(
        self,
        cmd: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        """Run a hook and follow its output; this is a SubprocessRunner of build."""
        env = {**os.environ, **(extra_environ or {})}
        if self.options.jobs:
            env[PARALLEL_VARIABLE] = str(self.options.jobs)
        if self.options.keep_going:
            env[KEEP_GOING_VARIABLE] = "1"
        with subprocess.Popen(
            cmd,
            cwd=cwd,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            try:
                self._follow(process)
            except BaseException:
                _end(process)
                raise
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, cmd)

    def _follow(self, process: subprocess.Popen[str]) -> None:
        """Show the output of a hook until it ends."""
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        failing = False
        for line in process.stdout:
            self._tail.append(line.rstrip())
            # The backend's last message is about the whole build; no wheel's log has it.
            failing = failing or line.startswith(ERROR)
            if failing:
                self._errors.append(line.rstrip().removeprefix(ERROR))
            changed = self.tracker.feed(line)
            if self.options.verbose:
                print(line, end="", file=sys.stderr)
            self.shown.update(self.tracker, changed=changed)
        process.wait()

    def _failure(self, error: Exception) -> BuildError:
        rows = self.tracker.failed()
        if isinstance(
            error, subprocess.CalledProcessError
        ):  # from an installer: build wraps those of hooks
            return BuildError(_not_installed(rows[0].title if rows else "the build", error))
        lines = [line for row in rows for line in (*row.log, f"{row.title} failed", "")]
        if not any(row.log for row in rows):
            is_explained = bool(rows) and bool(self._errors) and not rows[0].step
            lines = [*(self._errors if is_explained else self._tail)] or [str(error)]
            lines.append(f"{rows[0].title if rows else 'the build'} failed")
        else:
            lines += self._errors
        return BuildError("\n".join(lines).strip())


def _not_installed(title: str, error: subprocess.CalledProcessError) -> str:
    from .environments import installer_output

    lines = installer_output(error) or [str(error)]
    return "\n".join([*lines, f"{title} failed: its build environment could not be made"])


def _end(process: subprocess.Popen[str]) -> None:
    """End a hook and the processes that it started."""
    processes.end(process)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=_PATIENCE)
    processes.end_now(process, patience=0)
