"""Verdicts: what a manifest is, and whether a docker host could boot it.

The room reads the registry and changes nothing. Whose the repository is, and
what becomes of the verdict, is for those who ask.
"""
