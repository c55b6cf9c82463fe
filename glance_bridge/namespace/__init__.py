"""Namespaces: the first part of a repository's name, and whose it is."""
