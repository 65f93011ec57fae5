"""A package whose files other machines compile."""
