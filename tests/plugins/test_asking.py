"""Provider plugins in processes of their own: what is taken, and what is said of failures."""

from __future__ import annotations

import os
import re
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from wheelnext_build.config.config import parse
from wheelnext_build.errors import ProviderError, RequestError
from wheelnext_build.plugins.asking import Feature, Refused, ask_all, ask_fixed, mistakes
from wheelnext_build.plugins.process import TIMEOUT_VARIABLE, PluginInterpreter
from wheelnext_build.variants.providers import Plugin
from wheelnext_build.variants.variant import Property, Variant

PROVIDERS = Path(__file__).parents[1] / "packages" / "providers"
HERE = PluginInterpreter(variables={"PYTHONPATH": str(PROVIDERS)})
BLAS = Plugin("blas_lapack", ("example-blas-provider >=1",))

ANSWER = (
    Feature("library", ("accelerate", "openblas", "reference"), multi_value=False),
    Feature("interface", ("lp64", "ilp64"), multi_value=True),
)

# What most faulty plugins have in common.
SOUND = """
from types import SimpleNamespace
all_properties_compatible = True
def config(name="kind", values=None, multi_value=False):
    values = ["a", "b"] if values is None else values
    return SimpleNamespace(name=name, values=values, multi_value=multi_value)
def get_supported_configs():
    return [config()]
def get_all_configs():
    return get_supported_configs()
"""


@pytest.fixture
def faulty(tmp_path: Path) -> Callable[[str], str]:
    """Asks a plugin of this source; returns the error."""

    def ask(source: str, api: str | None = None) -> str:
        (tmp_path / "faulty.py").write_text(source)
        here = PluginInterpreter(variables={"PYTHONPATH": str(tmp_path)})
        with pytest.raises(ProviderError) as info:
            ask_fixed(Plugin("demo", ("faulty >=1",), api), here)
        return str(info.value)

    return ask


def test_the_order_of_the_answer_is_kept_and_its_output_is_not_read() -> None:
    assert ask_fixed(BLAS, HERE) == ANSWER


def test_the_plugin_of_the_manual_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "providers.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "blas_lapack_provider.py").write_text(source)
    (table,) = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    config = parse(tomllib.loads(table))
    here = PluginInterpreter(variables={"PYTHONPATH": str(tmp_path)})
    answer = ask_fixed(config.unasked["blas_lapack"].plugin, here)
    assert answer == (Feature("library", ("accelerate", "openblas", "mkl"), multi_value=False),)
    assert not list(mistakes("blas_lapack", answer, [(config.declared[0].variant, "")]))


@pytest.mark.parametrize(
    ("requires", "api", "expected"),
    [
        (("Example_BLAS.Provider",), None, "example_blas_provider"),
        (("old; python_version < '3'", "new[x]>=1"), None, "new"),
        (("old; python_version < '3'",), None, "old"),
        (("a", "b"), None, "a"),
        (("a",), "b.c:D", "b.c:D"),
    ],
)
def test_the_object_to_ask(requires: tuple[str, ...], api: str | None, expected: str) -> None:
    assert Plugin("demo", requires, api).endpoint == expected


def test_a_class_a_nested_class_and_an_instance_are_asked(tmp_path: Path) -> None:
    """The interface is of class methods; older plugins had methods of instances."""
    (tmp_path / "shapes.py").write_text(
        SOUND
        + """
class Nested:
    class Plugin:
        is_aot_plugin = True  # the word of PEP 817
        namespace = "demo"
        of_a_later_draft = lambda: 1 / 0
        @staticmethod
        def get_all_configs(): return [config()]
        @classmethod
        def get_supported_configs(cls): return cls.get_all_configs()
class Methods:
    all_properties_compatible = True
    def get_all_configs(self): return [config()]
    def get_supported_configs(self): return self.get_all_configs()
instance = Methods()
"""
    )
    here = PluginInterpreter(variables={"PYTHONPATH": str(tmp_path)})
    for api in ("shapes", "shapes:Nested.Plugin", "shapes:Methods", "shapes:instance"):
        (feature,) = ask_fixed(Plugin("demo", ("shapes",), api), here)
        assert feature == Feature("kind", ("a", "b"), multi_value=False)


def test_the_order_of_what_is_valid_does_not_count(tmp_path: Path) -> None:
    source = SOUND.replace('["a", "b"] if', 'list("abcdefghi") if')
    source += "def get_all_configs():\n    return [config(values=list({*'abcdefghi'}))]\n"
    (tmp_path / "unordered.py").write_text(source)
    here = PluginInterpreter(variables={"PYTHONPATH": str(tmp_path)})
    (feature,) = ask_fixed(Plugin("demo", ("unordered",)), here)
    assert feature.values == tuple("abcdefghi")


def test_a_set_has_the_same_order_in_every_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = "values=[str(value) for value in {*map(str, range(50))}]"
    (tmp_path / "sets.py").write_text(SOUND.replace("[config()]", f"[config({values})]"))
    here = PluginInterpreter(variables={"PYTHONPATH": str(tmp_path)})
    plugin = Plugin("demo", ("sets",))
    answers = []
    for seed in ("1", "2", "random"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        answers.append(ask_fixed(plugin, here))
    assert answers[0] == answers[1] == answers[2]


FAULTS = [
    pytest.param("", "it has no get_supported_configs()", id="an empty module"),
    pytest.param(
        SOUND.replace("all_properties_compatible = True", ""),
        "does not say that all of its properties are always compatible",
        id="for install time",
    ),
    pytest.param(
        SOUND.replace("compatible = True", "compatible = 'no'"),
        "does not say that all of its properties are always compatible",
        id="neither yes nor no",
    ),
    pytest.param("del get_all_configs", "it has no get_all_configs()", id="half of it"),
    pytest.param("1 / 0", "ZeroDivisionError: division by zero\n", id="fails at import"),
    pytest.param("def get_all_configs():", "IndentationError: expected an", id="no Python"),
    pytest.param("import nothing_like_it", "No module named 'nothing_like_it'", id="lacks some"),
    pytest.param(
        "def get_all_configs():\n    raise RuntimeError('no\\nluck')",
        "RuntimeError: no\nluck\n",
        id="fails",
    ),
    pytest.param(
        "def get_all_configs():\n    raise SystemExit(3)",
        "it ends the process: sys.exit(3)",
        id="exits",
    ),
    pytest.param(
        "def get_all_configs():\n    import os, sys\n    print('last words', flush=True)\n"
        "    os._exit(0)",
        "it ended its process with status 0 and gave no answer; it printed:\n  last words",
        id="exits at once",
    ),
    pytest.param(
        "def get_all_configs():\n    return None",
        "get_all_configs() gives None, not a list",
        id="nothing",
    ),
    pytest.param(
        "def get_all_configs():\n    yield config()",
        "get_all_configs() gives an object of generator, not a list",
        id="a generator",
    ),
    pytest.param(
        "def get_all_configs():\n    return [{'name': 'kind', 'values': ['a']}]",
        "get_all_configs()[0] is an object of dict without name and values: no feature config",
        id="no feature",
    ),
    pytest.param(
        "def get_all_configs():\n    return [config(), config(1)]",
        "get_all_configs()[1].name is an object of int, not a string",
        id="a number for a name",
    ),
    pytest.param(
        "def get_all_configs():\n    return [config(values='ab')]",
        "get_all_configs()[0].values is an object of str, not a list",
        id="a string for values",
    ),
    pytest.param(
        "def get_all_configs():\n    return [config(values=['a', 2])]",
        "get_all_configs()[0].values holds an object of int, not only strings",
        id="a number for a value",
    ),
    pytest.param(
        "def get_all_configs():\n    return [config(multi_value='no')]",
        "get_all_configs()[0].multi_value is an object of str, not True or False",
        id="a string for multi_value",
    ),
    pytest.param(
        "def get_supported_configs():\n    return [config(multi_value=None)]",
        "the feature 'kind' does not say whether it is multi_value",
        id="no multi_value",
    ),
    pytest.param(
        "def get_supported_configs():\n    return [config('Kind')]",
        "get_supported_configs(): 'Kind' cannot be a feature: only lower-case letters",
        id="no name",
    ),
    pytest.param(
        "def get_supported_configs():\n    return [config(values=['1-2'])]",
        "get_supported_configs(): '1-2' cannot be a value of kind: only lower-case letters",
        id="no value",
    ),
    pytest.param(
        "def get_supported_configs():\n    return [config(values=['a', 'b', 'a'])]",
        "get_supported_configs() lists the value 'a' of kind twice",
        id="a value twice",
    ),
    pytest.param(
        "def get_supported_configs():\n    return [config(), config()]",
        "get_supported_configs() lists the feature 'kind' twice",
        id="a feature twice",
    ),
    pytest.param(
        "def get_supported_configs():\n    return []",
        "get_supported_configs() names no feature",
        id="empty",
    ),
    pytest.param(
        "def get_supported_configs():\n    return [config(values=[])]",
        "the feature 'kind' has no value",
        id="a feature without values",
    ),
    pytest.param(
        "def get_all_configs():\n    return [config(values=['a', 'b', 'c'])]",
        "get_supported_configs() and get_all_configs() differ",
        id="not all is supported",
    ),
    pytest.param(
        "namespace = 'other'", "it is for the namespace 'other'", id="for another namespace"
    ),
]


@pytest.mark.parametrize(("source", "expected"), FAULTS)
def test_a_faulty_plugin_is_named_with_what_is_wrong(
    faulty: Callable[[str], str], source: str, expected: str
) -> None:
    whole = source if not source or source.startswith("\n") else f"{SOUND}{source}\n"
    error = faulty(whole)
    assert error.startswith("the provider of 'demo' (faulty >=1; plugin-api faulty): ")
    assert expected in error
    hint = error.splitlines()[-1]
    assert re.search(
        r"report it to the authors|plugin-api names its object|write requires|name the", hint
    )


def test_the_frames_of_a_failure_are_the_plugins(faulty: Callable[[str], str]) -> None:
    error = faulty(
        f"{SOUND}def get_all_configs():\n    return helper()\ndef helper():\n    1 / 0\n"
    )
    assert error.count('  File "') == 2
    assert "in helper\n    1 / 0" in error
    assert "pluginquery" not in error


@pytest.mark.parametrize(
    ("api", "expected"),
    [
        ("nowhere", "there is no module 'nowhere'"),
        ("faulty.plugin:X", "there is no module 'faulty.plugin'"),
        ("faulty:Plugin", "the module 'faulty' has no 'Plugin'"),
        ("faulty:config.x", "the module 'faulty' has no 'config.x'"),
        ("faulty:config", "it has no get_supported_configs()"),
    ],
)
def test_an_object_that_is_not_there(
    faulty: Callable[[str, str], str], api: str, expected: str
) -> None:
    error = faulty(SOUND, api)
    assert f"; plugin-api {api}): {expected}\nplugin-api names its object, module:object" in error


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="ends process groups")
def test_a_plugin_that_hangs_is_ended_with_all_that_it_started(
    faulty: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(TIMEOUT_VARIABLE, "1")
    marker = tmp_path / "alive"
    child = f"import time, pathlib; time.sleep(4); pathlib.Path({str(marker)!r}).touch()"
    start = time.monotonic()
    error = faulty(
        f"import signal, subprocess, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"print('waiting', flush=True)\nsubprocess.Popen([sys.executable, '-c', {child!r}])\n"
        "time.sleep(60)\n"
    )
    assert "it gave no answer within 1 s; it printed:\n  waiting" in error
    assert re.search(r'File ".*faulty.py", line 5 in <module>', error)  # where it hangs
    assert "pluginquery" not in error
    assert f"set {TIMEOUT_VARIABLE} to more seconds" in error
    assert time.monotonic() - start < 20
    time.sleep(max(0.0, 4.5 - (time.monotonic() - start)))
    assert not marker.exists()


ENDLESS = "import os\nblock = b'x' * 99 + b'\\n'\nblock *= 10000\n"
HOSTILE = [
    pytest.param(
        f"{ENDLESS}while True: os.write(1, block)\n",
        "it gave no answer within 2 s; it printed:\n  xxx",
        id="prints for ever",
    ),
    pytest.param(
        f"{ENDLESS}for _ in range(1000): os.write(1, block)\nos._exit(0)\n",
        "it ended its process with status 0 and gave no answer; it printed:\n  xxx",
        id="prints 1 GB",
    ),
    pytest.param(
        "import os\nos.write(1, bytes(range(256)))\nos.abort()\n",
        "it ended its process with status -6 and gave no answer; it printed:\n",
        id="aborts after garbage",
    ),
    pytest.param(
        "import ctypes\nctypes.string_at(0)\n",
        "it ended its process with status -11 and gave no answer",
        id="segfaults",
    ),
    pytest.param(
        f"{SOUND}def get_all_configs():\n    return [config(values=['x' * 30_000_000])]\n",
        "its answer has 30000",
        id="answers 30 MB",
    ),
    pytest.param(
        "import os, time\nif not os.fork():\n    os.setsid(); time.sleep(6); os._exit(0)\n"
        "os._exit(3)\n",
        "it ended its process with status 3 and gave no answer",
        id="leaves a process that holds its output",
    ),
    pytest.param(
        "import os\nos.close(1); os.close(2)\nwhile True: pass\n",
        "it gave no answer within 2 s",
        id="closes its output and spins",
    ),
]


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="ends process groups")
@pytest.mark.parametrize(("source", "expected"), HOSTILE)
def test_a_hostile_plugin_costs_little_time_and_memory(
    faulty: Callable[[str], str],
    source: str,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    import resource

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setenv(TIMEOUT_VARIABLE, "2" if "within 2 s" in expected else "60")
    start, memory = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = faulty(source)
    assert error.startswith("the provider of 'demo' (faulty >=1; plugin-api faulty): ")
    assert expected in error
    assert len(error) < 60_000
    assert time.monotonic() - start < 15
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 100_000  # kB, on Linux
    assert list(scratch.iterdir()) == []


def test_what_a_plugin_leaves_running_is_ended(tmp_path: Path) -> None:
    marker = tmp_path / "alive"
    child = f"import time, pathlib; time.sleep(1.5); pathlib.Path({str(marker)!r}).touch()"
    source = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {child!r}])\n"
    (tmp_path / "leaves.py").write_text(source + SOUND)
    ask_fixed(
        Plugin("demo", ("leaves",)), PluginInterpreter(variables={"PYTHONPATH": str(tmp_path)})
    )
    time.sleep(2)
    assert not marker.exists()


def test_what_a_plugin_leaves_running_does_not_delay_its_answer(tmp_path: Path) -> None:
    source = "import threading, time\nthreading.Thread(target=time.sleep, args=(50,)).start()\n"
    (tmp_path / "threads.py").write_text(source + SOUND)
    start = time.monotonic()
    ask_fixed(
        Plugin("demo", ("threads",)), PluginInterpreter(variables={"PYTHONPATH": str(tmp_path)})
    )
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan", "inf", "1e9"])
def test_a_time_limit_that_is_none_is_an_error(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(TIMEOUT_VARIABLE, text)
    with pytest.raises(RequestError, match=f"{TIMEOUT_VARIABLE}={text}: must be a number of sec"):
        ask_fixed(BLAS, HERE)


def test_modules_of_this_package_and_of_the_folder_do_not_stand_in_for_a_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.py").write_text(SOUND)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProviderError, match="there is no module 'config'"):
        ask_fixed(Plugin("demo", ("config",)), PluginInterpreter(variables={"PYTHONPATH": ""}))


# Plugins for install time


def test_a_plugin_for_install_time_lists_what_is_valid_anywhere() -> None:
    plugin = Plugin("example_gpu", ("x",), "example_gpu_provider:Plugin")
    assert ask_all(plugin, [], HERE) == (
        Feature("arch", ("g1", "g2", "g3"), multi_value=True),
        Feature("driver", ("1", "2"), multi_value=False),
    )


def test_an_older_plugin_is_asked_for_each_property(tmp_path: Path) -> None:
    (tmp_path / "older.py").write_text(
        "class Plugin:\n    namespace = 'demo'\n"
        "    def validate_property(self, item): return (item.feature, item.value) == ('a', 'b')\n"
    )
    here = PluginInterpreter(variables={"PYTHONPATH": str(tmp_path)})
    good, bad = Property("demo", "a", "b"), Property("demo", "a", "c")
    assert ask_all(Plugin("demo", ("x",), "older:Plugin"), [good, bad], here) == Refused((bad,))


def variant(label: str, **features: list[str]) -> tuple[Variant, str]:
    return Variant.from_mapping(label, {"blas_lapack": features}), f"variant.variants.{label}"


def test_variants_are_judged_by_the_answer() -> None:
    found = mistakes(
        "blas_lapack",
        ANSWER,
        [
            variant("good", library=["openblas"], interface=["lp64", "ilp64"]),
            variant("typo", library=["opnblas"]),
            variant("unknown", flavour=["x"]),
            variant("several", library=["openblas", "reference"]),
            (Variant("other", (Property("x86_64", "level", "v3"),)), "variant.variants.other"),
        ],
    )
    texts = [f"{item.where.rpartition('.')[2]}: {item.what} | {item.hint}" for item in found]
    assert texts == EXPECTED


EXPECTED = """\
typo: the provider does not know 'blas_lapack :: library :: opnblas' | did you mean 'openblas'?
unknown: the provider of 'blas_lapack' has no feature 'flavour' | it has library, interface
several: variant 'several' lists 2 values of blas_lapack.\
library, and its provider allows one in a variant | make a variant for each
""".splitlines()
