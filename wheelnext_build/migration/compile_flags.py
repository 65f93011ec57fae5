"""Find processor flags in a project's CMake code, and explain their effect on variants."""

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
    "these files or targets have processor flags of their own in every wheel, after the variant's "
    "flags. If the code checks the processor before it runs them, that is right, but the audit "
    "needs rules: `wheelnext-build audit --suggest` prints them (docs/audit.md). Otherwise remove "
    "the flags and declare variants instead"
)
BEHIND = (
    "if the build reaches these lines, the project's flags come after the variant's flags and "
    "override them, also in the plain wheel: remove them and declare variants instead, or set them "
    "only if(NOT WHEELNEXT_VARIANT_LABEL)"
)
IN_FRONT = (
    "if the build reaches these lines, the plain wheel runs only on processors with these "
    "features. Flags in CMAKE_<LANG>_FLAGS come before the variant's flags: its -march overrides "
    "them, other flags are added. Remove them and declare variants instead"
)
UNKNOWN = (
    "the use of these processor flags is unknown; if targets get them, they come after the "
    "variant's flags and override them"
)
INCLUDE = (
    "a variable CMAKE_PROJECT_INCLUDE in CMake code hides the one that adds a variant's flags to "
    "the build. Set tool.scikit-build.cmake.define.CMAKE_PROJECT_INCLUDE, which is also included, "
    'or use flags-scope = "targets" (docs/cmake.md)'
)

_ASKING = {"if", "elseif", "while", "message", "option", "string", "try_compile", "try_run"}
_TO_ALL = {"add_compile_options", "add_definitions"}
_TO_TARGETS = {"target_compile_options", "set_target_properties", "set_property"}
_CHOOSES = re.compile(r"-m(arch|cpu)=|-x|[/-]Qx")
_CHECK = re.compile(r"check_\w*(flag|compiles|runs|exists)")
_GLOBAL = re.compile(r"CMAKE_(\w+_)?FLAGS(_\w+)?")


def notes(files: Mapping[str, str]) -> Iterator[Note]:
    """Yield the notes about CMake files, given as names and contents."""
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
    """Return the note for a flag in a command; empty if the command only mentions the flag."""
    name, words = command.name, command.words
    if name == "set_source_files_properties" or (
        name == "set_property" and words[:1] == ("SOURCE",)
    ):
        return OWN
    if name in _TO_ALL:
        return BEHIND
    if name in _TO_TARGETS:
        # Targets for one level each are usually dispatch; -march=native is usually for all targets.
        return BEHIND if _CHOOSES.match(flag) else OWN
    variable = words[0] if words else ""
    if name in ("string", "list") and variable in ("APPEND", "PREPEND"):
        variable = words[1] if len(words) > 1 else ""
    elif name in _ASKING or _CHECK.fullmatch(name):
        return ""
    if name in ("set", "list", "string") and _GLOBAL.fullmatch(variable):
        return IN_FRONT
    return UNKNOWN
