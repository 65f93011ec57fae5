"""Repair of all wheels of a build with auditwheel, delocate or delvewheel."""
