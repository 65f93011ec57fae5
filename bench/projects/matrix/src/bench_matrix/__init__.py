"""A package whose build is measured."""

from ._core import *  # noqa: F403
