"""CMake build folders that several variants share, and what is kept in them."""
