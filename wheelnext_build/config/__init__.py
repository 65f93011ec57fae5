"""pyproject.toml as one frozen value, its schemas, and scikit-build-core's settings."""
