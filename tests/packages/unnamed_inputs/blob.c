__asm__(
    ".section .rodata\n"
    ".globl blob\n"
    "blob:\n"
    ".incbin \"blob.bin\"\n"
    ".byte 0\n"
    ".previous\n");
