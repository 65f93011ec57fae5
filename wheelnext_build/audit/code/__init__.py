"""Find the instruction sets that machine code needs, by its instructions."""
