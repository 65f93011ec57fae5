"""Switch a project from scikit-build-core's backend to this one.

:mod:`.edit` makes the new text of pyproject.toml by the rule of :mod:`.requires`. :mod:`.backends`
explains why a project cannot be switched. :mod:`.notes` lists what the maintainer must decide.
"""
