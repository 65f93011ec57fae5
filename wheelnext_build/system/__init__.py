"""Files, locks, processes, signals and terminal text; nothing here knows of wheels."""
