"""Show a release as a page, in HTML or Markdown.

:mod:`.gather` reads a folder into the values of :mod:`.contents`; :mod:`.layout` makes a
:mod:`.page` of them; :mod:`.html` and :mod:`.markdown` render it.
"""
