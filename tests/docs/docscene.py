"""Executes what a page shows, in a folder of the page's own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import tomlkit
from docpage import DEMO, ROOT, Block, Command, Comment, PageError, agrees, commands, steps
from jsonschema import Draft7Validator
from validate_pyproject.api import Validator
from validate_pyproject.errors import ValidationError

from wheelnext_build.config import schema
from wheelnext_build.config.config import parse
from wheelnext_build.errors import ConfigurationError

_LEFT_BEHIND = shutil.ignore_patterns("build", "dist", "__pycache__", ".*", "*.egg-info")
_SECONDS = 300

# What a command leaves for the next one: its variables and its folder.
_REMEMBER = 'trap \'env -0 >"$DOC_STATE/env"; pwd >"$DOC_STATE/pwd"\' EXIT\n'


class Scene:
    """A folder with a project in it, and a shell whose state lasts from command to command.

    ``environment`` is what its commands see; ``work`` is a folder of the scene's own.
    """

    def __init__(self, work: Path, environment: Mapping[str, str]) -> None:
        self.work = work
        self.environment = {**environment, "DOC_STATE": str(work)}
        self.folder = self.here = work

    def start(self, comment: Comment) -> None:
        """Take a fresh copy of a folder of the repository."""
        name = comment.argument
        self.folder = self.here = self.work / ("project" if name == "empty" else Path(name).name)
        shutil.rmtree(self.folder, ignore_errors=True)
        if name == "empty":
            self.folder.mkdir()
        elif (ROOT / name / "pyproject.toml").is_file():
            shutil.copytree(ROOT / name, self.folder, ignore=_LEFT_BEHIND)
        else:
            raise PageError(comment.where, f"start: there is no project {name} in the repository")

    def play(self, block: Block) -> None:
        """Execute one block; raises PageError where it does not do what the page says."""
        steering = block.steering
        if "write" in steering or "append" in steering:
            self._write(block)
        elif "settings" in steering:
            self._merge(block, self.folder / "pyproject.toml")
        elif block.language == "console" and "not run" not in steering:
            self._console(block)
        elif "shape of" in steering:
            self._shape(block)
        elif block.language == "toml":
            self._merge(block, None)
        else:
            _parse(block, self.work)

    def run(self, where: str, command: str, status: int = 0, *, errors: bool = True) -> str:
        """Run one command in the scene; returns what it printed, with ``errors`` on stderr too."""
        done = subprocess.run(
            ["bash", "-c", _REMEMBER + command],
            cwd=self.here,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if errors else subprocess.PIPE,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        if done.returncode != status:
            printed = done.stdout + (done.stderr or "")
            raise PageError(
                where, f"{command}\nended with {done.returncode}, not {status}:\n{printed}"
            )
        pairs = (self.work / "env").read_text("utf-8").rstrip("\0").split("\0")
        self.environment = dict(pair.partition("=")[::2] for pair in pairs)
        self.here = Path((self.work / "pwd").read_text("utf-8").rstrip("\n"))
        return done.stdout

    def _console(self, block: Block) -> None:
        all_commands = commands(block)
        for command in all_commands:
            last = command is all_commands[-1]
            status = int(block.steering.get("status", "0")) if last else 0
            self._compare(block, command, self.run(block.where, command.text, status))

    def _compare(self, block: Block, command: Command, printed: str) -> None:
        lines = [line.rstrip() for line in printed.rstrip("\n").split("\n")]
        if command.output and not agrees(command.output, lines):
            shown = "\n".join(command.output)
            raise PageError(
                block.where,
                f"$ {command.text}\n--- the page shows:\n{shown}\n--- it printed:\n{printed}",
            )

    def _write(self, block: Block) -> None:
        name = block.steering.get("write") or block.steering["append"]
        path = (self.here / name).resolve()
        if not path.is_relative_to(self.work.resolve()):
            raise PageError(block.where, f"{name} is not in the page's folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if "write" in block.steering else "a", encoding="utf-8") as file:
            file.write(block.text)
        if path == self.folder / "pyproject.toml":
            _check_project(block, path.read_text("utf-8"))

    def _merge(self, block: Block, target: Path | None) -> None:
        """Merge TOML into the project's; into ``target`` or, for None, only to look at it."""
        path = self.folder / "pyproject.toml"
        before = path.read_text("utf-8") if path.is_file() else ""
        try:
            text = merged(before, block.text)
        except (tomllib.TOMLDecodeError, tomlkit.exceptions.ParseError) as error:
            raise PageError(block.where, f"not TOML: {error}") from None
        _check_project(block, text)
        if target is not None:
            target.write_text(text, "utf-8")

    def _shape(self, block: Block) -> None:
        printed = json.loads(self.run(block.where, block.steering["shape of"], errors=False))
        missing = unlike(_json(block), printed)
        if missing:
            raise PageError(block.where, f"{block.steering['shape of']} prints no {missing}")


def play(page: Path, work: Path, environment: Mapping[str, str]) -> None:
    """Execute a whole page in ``work``."""
    scene = Scene(work, environment)
    todo = steps(page)
    if not any(isinstance(step, Comment) and step.name == "start" for step in todo[:1]):
        scene.start(Comment(page.name, "start", DEMO))
    for step in todo:
        if isinstance(step, Block):
            scene.play(step)
        elif step.name == "start":
            scene.start(step)
        else:
            scene.run(step.where, step.argument)


def merged(text: str, more: str) -> str:
    """One TOML text with the other in it: tables become one, all else is replaced."""
    document = tomlkit.parse(text)
    _merge_tables(document, tomlkit.parse(more))
    return tomlkit.dumps(document)


def _merge_tables(table: Any, more: Any) -> None:
    for key, value in more.items():
        if isinstance(value, Mapping) and isinstance(table.get(key), Mapping):
            _merge_tables(table[key], value)
        else:
            table[key] = value


@cache
def _validators() -> tuple[Draft7Validator, Validator]:
    """Our own schema of the whole file, and validate-pyproject with all plugins there are."""
    return Draft7Validator(schema.schema("pyproject")), Validator()


def _check_project(block: Block, text: str) -> None:
    """Read a pyproject.toml as a build, an editor and validate-pyproject do."""
    document = tomllib.loads(text)
    ours, others = _validators()
    try:
        parse(document)
        document.setdefault("build-system", {"requires": []})
        for error in ours.iter_errors(document):
            raise PageError(block.where, f"{error.json_path}: {error.message}")
        # Not yet a table of pyproject.toml's standard: docs/configuration.md says so.
        others({key: value for key, value in document.items() if key != "variant"})
    except (ConfigurationError, ValidationError) as error:
        raise PageError(block.where, f"pyproject.toml with this block: {error}") from None


def _parse(block: Block, work: Path) -> None:
    """Look whether a block that is not executed is what its language says."""
    try:
        match block.language:
            case "json":
                _json(block)
            case "yaml":
                import yaml  # not in the environment of the fast tests

                try:
                    yaml.safe_load(block.text)
                except yaml.YAMLError as error:
                    raise ValueError(str(error)) from None
            case "python":
                compile(block.text, block.where, "exec")
            case "cmake":
                _parse_cmake(block, work)
    except (ValueError, SyntaxError) as error:
        raise PageError(block.where, f"not {block.language}: {error}") from None


def _json(block: Block) -> Any:
    """The block's value; lines of ``...`` are left out, and the comma before them."""
    text = re.sub(r"^ *\.\.\.\n", "", block.text, flags=re.MULTILINE)
    return json.loads(re.sub(r",(\s*[\]}])", r"\1", text))


def _parse_cmake(block: Block, work: Path) -> None:
    script = work / "block.cmake"
    script.write_text(f"function(a_block)\n{block.text}endfunction()\n", "utf-8")
    done = subprocess.run(
        ["cmake", "-P", str(script)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ValueError(done.stderr)


def unlike(shown: Any, printed: Any, path: str = "$") -> str | None:
    """The path of the first thing of a page's JSON that is not so in what was printed.

    Objects may have further keys. Each item of a list must be like one of those printed; of
    strings, numbers and null only the type counts.
    """
    if isinstance(shown, dict) and isinstance(printed, dict):
        for key, value in shown.items():
            inner = f"{path}.{key}"
            if key not in printed:
                return inner
            if found := unlike(value, printed[key], inner):
                return found
        return None
    if isinstance(shown, list) and isinstance(printed, list):
        for number, value in enumerate(shown):
            tries = [unlike(value, item, f"{path}[{number}]") for item in printed]
            if all(tries):
                return next(iter(tries), f"{path}[{number}]")
        return None
    number = (int, float)
    same = type(shown) is type(printed) or (
        isinstance(shown, number) and isinstance(printed, number)
    )
    return None if same else path


def environment_for(
    venv: Path, home: Path, caches: Path, inherited: Mapping[str, str]
) -> dict[str, str]:
    """The variables of a page's commands: nothing of a user's, and nowhere else to write.

    ``venv`` comes first on the PATH, then this test's environment (uv, CMake, Ninja).
    """
    keep = {
        key: value
        for key, value in inherited.items()
        if not key.startswith(("VIRTUAL_ENV", "PYTHON", "SKBUILD", "CMAKE", "FORCE_COLOR", "NOX"))
    }
    path = (str(venv / "bin"), str(Path(sys.executable).parent), inherited["PATH"])
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    return {
        **keep,
        "PATH": os.pathsep.join(path),
        "VIRTUAL_ENV": str(venv),
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "PIP_CACHE_DIR": str(caches / "pip"),
        "UV_CACHE_DIR": str(caches / "uv"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_COMPILE": "1",  # saves seconds in each isolated build
        "GITHUB_STEP_SUMMARY": str(home / "summary.md"),
        "NO_COLOR": "1",
        "TERM": "dumb",
        "COLUMNS": "100",
        "LC_ALL": "C.UTF-8",
    }
