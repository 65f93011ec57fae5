"""A release as a page for people, in HTML or Markdown."""
