"""Files that an index serves: variants.json, a simple index, lock files."""
