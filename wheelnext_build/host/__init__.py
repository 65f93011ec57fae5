"""What this machine supports."""
