"""Flags for certain processors in a project's CMake code, and what they mean for variants."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from .cmake_code import Command, commands
from .note import Note, SourcePlace

_FLAG = re.compile(
    r"""(?<![\w-])(
        -m(?:arch|cpu)=[\w.+-]+
      | -m(?:avx|sse[34]|ssse|fma|bmi|f16c|popcnt|lzcnt|aes|pclmul|sha|movbe|adx|amx|xop)[\w.+-]*
      | [/-]arch:(?!SSE2?\b|IA32)[\w.]+
      | [/-]Qx[\w-]+ | -x(?:Host|CORE-[\w-]+|[A-Z]+AVX[\w-]*)
    )""",
    re.VERBOSE,
)

OWN = (
    "files or targets with processor flags of their own keep them in every wheel, behind the "
    "variant's. Where the code asks the processor before it runs them, that is right, and the "
    "audit must be told: `wheelnext-build audit --suggest` prints the rules (docs/audit.md). "
    "Elsewhere take them out, and let variants carry them"
)
BEHIND = (
    "where the build reaches these lines, the project's own flags come after the variant's and "
    "beat them, and the plain wheel has them, too: take them out, and let variants carry them, or "
    "set them only if(NOT WHEELNEXT_VARIANT_LABEL)"
)
IN_FRONT = (
    "where the build reaches these lines, the plain wheel is only for processors that have these; "
    "flags in CMAKE_<LANG>_FLAGS come before the variant's, whose -march wins, and others add up. "
    "Take them out, and let variants carry them"
)
UNKNOWN = (
    "processor flags of which it cannot be told what they are used for; given to targets they come "
    "after the variant's and beat them"
)
INCLUDE = (
    "a variable CMAKE_PROJECT_INCLUDE in CMake code hides the one by which a variant's flags come "
    "into the build. Give it as tool.scikit-build.cmake.define.CMAKE_PROJECT_INCLUDE, which is "
    'included as well, or use flags-scope = "targets" (docs/cmake.md)'
)

_ASKING = {"if", "elseif", "while", "message", "option", "string", "try_compile", "try_run"}
_TO_ALL = {"add_compile_options", "add_definitions"}
_TO_TARGETS = {"target_compile_options", "set_target_properties", "set_property"}
_CHOOSES = re.compile(r"-m(arch|cpu)=|-x|[/-]Qx")
_CHECK = re.compile(r"check_\w*(flag|compiles|runs|exists)")
_GLOBAL = re.compile(r"CMAKE_(\w+_)?FLAGS(_\w+)?")


def notes(files: Mapping[str, str]) -> Iterator[Note]:
    """What is to be seen in CMake files, given as names and contents."""
    found: dict[str, list[SourcePlace]] = {}
    for name, code in files.items():
        for command in commands(code):
            for text, place in _findings(name, command):
                found.setdefault(text, []).append(place)
    for text in (OWN, BEHIND, IN_FRONT, UNKNOWN, INCLUDE):
        if text in found:
            yield Note(text, tuple(found[text]))


def _findings(file: str, command: Command) -> Iterable[tuple[str, SourcePlace]]:
    lines: dict[tuple[str, int], list[str]] = {}
    for argument in command.arguments:
        for flag in _FLAG.findall(argument.text):
            if kind := _kind(command, flag):
                lines.setdefault((kind, argument.line), []).append(flag)
    for (kind, line), flags in lines.items():
        yield kind, SourcePlace(file, line, " ".join(dict.fromkeys(flags)))
    if command.name == "set" and command.words[:1] == ("CMAKE_PROJECT_INCLUDE",):
        yield INCLUDE, SourcePlace(file, command.arguments[0].line)


def _kind(command: Command, flag: str) -> str:
    """What a flag in a command means; empty where it is only asked about."""
    name, words = command.name, command.words
    if name == "set_source_files_properties" or (
        name == "set_property" and words[:1] == ("SOURCE",)
    ):
        return OWN
    if name in _TO_ALL:
        return BEHIND
    if name in _TO_TARGETS:
        # Targets of one level each are dispatch, too; -march=native is for all of a project.
        return BEHIND if _CHOOSES.match(flag) else OWN
    variable = words[0] if words else ""
    if name in ("string", "list") and variable in ("APPEND", "PREPEND"):
        variable = words[1] if len(words) > 1 else ""
    elif name in _ASKING or _CHECK.fullmatch(name):
        return ""
    if name in ("set", "list", "string") and _GLOBAL.fullmatch(variable):
        return IN_FRONT
    return UNKNOWN
