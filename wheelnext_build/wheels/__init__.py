"""Wheel files: their names, safe reading, RECORD, stamping, rewriting and fast packing."""
