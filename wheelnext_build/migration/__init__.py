"""Switching a project from scikit-build-core's backend to this one.

:mod:`.edit` makes the new text of pyproject.toml, by the rule of :mod:`.requires`; :mod:`.backends`
says why a project cannot be switched; :mod:`.notes` finds what only the maintainer can decide.
"""
