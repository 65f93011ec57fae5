"""Instruction sets that machine code needs, by its instructions."""
