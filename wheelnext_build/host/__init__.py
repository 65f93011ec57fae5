"""Detect the features that this machine supports."""
