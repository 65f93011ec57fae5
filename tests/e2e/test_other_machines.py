"""Compiler caches and distributed compilers behind CMake's compiler launcher."""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from clients import Run

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="builds for x86-64"),
]

PACKAGE = Path(__file__).resolve().parent.parent / "packages" / "shared_cache"
COMPILED = 3 + 2  # the plain wheel's files, and the kernel of two variants


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [name for name in programs if shutil.which(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def checkout(folder: Path) -> Path:
    shutil.copytree(PACKAGE, folder)
    return folder


def build(run: Run, source: Path, env: dict[str, str]) -> None:
    run(
        *(sys.executable, "-m", "build", "--wheel", "--outdir", source / "dist"),
        *("-C", "variants=all", source),
        env=env,
    )
    assert len(list((source / "dist").iterdir())) == 3


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--bind", "127.0.0.1"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"redis://127.0.0.1:{port}"
        server.terminate()


@pytest.fixture
def sccache(redis: str, run: Run) -> Callable[[Path], dict[str, int]]:
    """Builds with a server of sccache that has nothing of its own; returns hits and misses."""
    env = {
        "SCCACHE_REDIS_ENDPOINT": redis,
        "SCCACHE_SERVER_PORT": str(free_port()),
        "CMAKE_CXX_COMPILER_LAUNCHER": "sccache",
    }

    def measure(source: Path) -> dict[str, int]:
        run("sccache", "--start-server", env=env)
        try:
            build(run, source, env)
            answer = run("sccache", "--show-stats", "--stats-format", "json", env=env).stdout
            stats = json.loads(answer)["stats"]
            return {
                name: sum(stats[f"cache_{name}"]["counts"].values()) for name in ("hits", "misses")
            }
        finally:
            run("sccache", "--stop-server", env=env)

    return measure


@needs("sccache", "redis-server")
def test_a_second_machine_compiles_only_what_differs(
    tmp_path: Path, sccache: Callable[[Path], dict[str, int]]
) -> None:
    first = sccache(checkout(tmp_path / "one" / "project"))
    assert first["misses"] >= COMPILED
    second = sccache(checkout(tmp_path / "two" / "elsewhere" / "project"))
    assert second == {"hits": first["hits"] + first["misses"], "misses": 0}
    changed = checkout(tmp_path / "three" / "project")
    kernel = changed / "src" / "kernels.cpp"
    kernel.write_text(kernel.read_text().replace("sum = 0", "sum = 0.0"))
    assert sccache(changed)["misses"] == 3  # the kernel of each wheel


@pytest.fixture
def two_hosts(tmp_path: Path, run: Run) -> Iterator[tuple[list[str], str, Path]]:
    """Two network namespaces; in the second, distccd. How to run in the first, address, log."""
    here, there = "wheelnext-here", "wheelnext-there"
    address, port = "10.213.0.2", "3632"
    ip = "ip"
    run(ip, "netns", "add", here)
    run(ip, "netns", "add", there)
    try:
        run(ip, "link", "add", "wn0", "netns", here, "type", "veth", "peer", "wn1", "netns", there)
        run(ip, "-n", here, "addr", "add", "10.213.0.1/24", "dev", "wn0")
        run(ip, "-n", there, "addr", "add", f"{address}/24", "dev", "wn1")
        run(ip, "-n", here, "link", "set", "wn0", "up")
        run(ip, "-n", there, "link", "set", "wn1", "up")
        # distccd gives up root for a user of its own, who need not get at this test's folders: its
        # log is a stream that was opened here, its temporary files have a folder of theirs.
        log = tmp_path / "distccd.log"
        with log.open("w") as stream, tempfile.TemporaryDirectory(dir="/tmp") as scratch:
            Path(scratch).chmod(0o1777)
            server = subprocess.Popen(
                [
                    *(ip, "netns", "exec", there, "distccd", "--no-detach", "--daemon"),
                    *("--listen", address, "--port", port, "--allow", "10.213.0.0/24"),
                    *("--enable-tcp-insecure", "--log-stderr", "--log-level", "info"),
                ],
                cwd="/",
                env={**os.environ, "TMPDIR": scratch},
                stdout=stream,
                stderr=stream,
            )
            try:
                answers = f"import socket; socket.create_connection(('{address}', {port}), 1)"
                for _ in range(40):
                    probe = [ip, "netns", "exec", here, sys.executable, "-c", answers]
                    if subprocess.run(probe, check=False, capture_output=True).returncode == 0:
                        break
                    time.sleep(0.25)
                else:
                    pytest.fail(f"distccd does not answer:\n{log.read_text()}")
                yield [ip, "netns", "exec", here], f"{address}:{port}", log
            finally:
                server.terminate()
                server.wait()
                print(log.read_text())  # shown where the test failed
    finally:
        run(ip, "netns", "delete", here)
        run(ip, "netns", "delete", there)


@needs("distcc", "distccd", "ip")
@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs root")
def test_another_host_compiles(
    tmp_path: Path, run: Run, two_hosts: tuple[list[str], str, Path]
) -> None:
    within, address, log = two_hosts
    source = checkout(tmp_path / "project")
    state = tmp_path / "distcc"
    state.mkdir()
    run(
        *(*within, sys.executable, "-m", "build", "--no-isolation", "--wheel"),
        *("--outdir", source / "dist", "-C", "variants=all", source),
        env={
            "DISTCC_HOSTS": f"{address}/2",
            "DISTCC_FALLBACK": "0",  # never here instead
            "DISTCC_DIR": str(state),  # no memory of hosts that failed before
            "CMAKE_CXX_COMPILER_LAUNCHER": "distcc",
            "CXX": "g++",  # distccd runs compilers of known names only
        },
    )
    done = [line for line in log.read_text().splitlines() if "COMPILE_OK" in line]
    assert sum(str(source) in line for line in done) == COMPILED
