# Excluded by an override for one variant.
