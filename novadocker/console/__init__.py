"""Consoles: what a container has written."""
