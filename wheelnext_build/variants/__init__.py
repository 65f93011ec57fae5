"""Values of PEP 825 and PEP 850: properties, labels, metadata, markers, providers, their order."""
