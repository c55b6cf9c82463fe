"""Tempest, OpenStack's own tests, against the cloud of the quickstart.

It speaks to public APIs alone and has a virtual environment of its own: what
it needs must not decide what the cloud is made of.
"""
