"""Engines move bytes; each is one function of one signature, listed in ``table``."""
