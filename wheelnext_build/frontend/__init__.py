"""Isolated builds for the command line: environments, interpreters, progress."""
