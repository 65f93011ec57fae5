"""Provider plugins that are asked while a variant is built."""
