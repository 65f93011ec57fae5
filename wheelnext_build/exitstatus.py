"""Exit statuses; nothing is imported here, as a command needs them before all else."""

INTERRUPTED = 130
"""The status of a command that Ctrl-C ended, as shells have it."""
