"""Build the wheels of a request: plan jobs, choose their build trees, and run workers."""
