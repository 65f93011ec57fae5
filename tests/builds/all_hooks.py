"""Calls every hook of a build backend in the current folder and writes down what it answers.

Usage: python all_hooks.py BACKEND OUTPUT SETTINGS_AS_JSON. The answers are in OUTPUT/answers.json.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path


def main(backend_name: str, output: Path, settings: dict[str, str | list[str]] | None) -> None:
    backend = importlib.import_module(backend_name)
    answers: dict[str, object] = {}

    def call(hook: str, *arguments: object) -> object:
        try:
            answers[hook] = getattr(backend, hook)(*arguments)
        except AttributeError as error:
            if error.name != hook:
                raise
            answers[hook] = "no such hook"
        except SystemExit as stop:
            answers[hook] = f"exit status {stop.code}"
        return answers[hook]

    def folder(name: str) -> str:
        path = output / name
        path.mkdir(parents=True)
        return str(path)

    call("get_requires_for_build_sdist", settings)
    call("build_sdist", folder("sdist"), settings)
    for kind in ("wheel", "editable"):
        call(f"get_requires_for_build_{kind}", settings)
        metadata = folder(f"metadata-{kind}")
        name = call(f"prepare_metadata_for_build_{kind}", metadata, settings)
        prepared = Path(metadata, str(name))
        call(f"build_{kind}", folder(kind), settings, str(prepared) if prepared.is_dir() else None)
    (output / "answers.json").write_text(json.dumps(answers, indent=1))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]))
