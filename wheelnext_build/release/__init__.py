"""The wheels of a release together: their common metadata, and which of them a system gets."""
