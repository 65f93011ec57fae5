"""A provider that is asked where a wheel is installed: a class, which names its namespace."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    name: str
    values: list[str]
    multi_value: bool = False


class Plugin:
    namespace = "example_gpu"
    is_aot_plugin = False

    @classmethod
    def get_all_configs(cls):
        return [Config("arch", ["g1", "g2", "g3"], multi_value=True), Config("driver", ["1", "2"])]

    @classmethod
    def get_supported_configs(cls):
        return []
