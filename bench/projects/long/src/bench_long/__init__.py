"""A package whose build is measured."""

from ._core import match  # noqa: F401
