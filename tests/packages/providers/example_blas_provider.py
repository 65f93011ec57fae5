"""A provider as the building draft has them for build time: functions of a module."""

from dataclasses import dataclass

print("plugins may print")

all_properties_compatible = True


@dataclass
class Config:
    name: str
    values: list[str]
    multi_value: bool


def get_supported_configs():
    return [
        Config("library", ["accelerate", "openblas", "reference"], False),
        Config("interface", ["lp64", "ilp64"], True),
    ]


def get_all_configs():
    return [Config(item.name, sorted(item.values), item.multi_value) for item in _reversed()]


def _reversed():
    return reversed(get_supported_configs())
