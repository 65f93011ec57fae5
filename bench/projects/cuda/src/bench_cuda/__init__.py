"""The host side of a simulation; its kernels for GPUs are in ``bench_cuda.gpu``."""

from __future__ import annotations

from ._host import (
    components,
    evaluate,
    group_means,
    parse_config,
    parse_quantity,
    plan,
    render,
    sorted_table,
    summarize,
)

__all__ = [
    "components",
    "evaluate",
    "group_means",
    "parse_config",
    "parse_quantity",
    "plan",
    "render",
    "sorted_table",
    "summarize",
]
