"""Files of Ninja's that several tests read."""

LOG = "# ninja log v7\n1\t2\t30\ta.o\tabc\n1\t5\t40\tb.o\tdef\n3\t4\t50\ta.o\t123\n"
