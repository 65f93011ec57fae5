"""From a request to wheels: the jobs, their build trees, and the workers that build them."""
