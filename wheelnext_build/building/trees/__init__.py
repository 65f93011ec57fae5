"""CMake build folders that several variants share, and the files that are kept in them."""
