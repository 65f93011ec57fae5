"""Readers of binary formats: they return code in regions, functions and GPU code."""
