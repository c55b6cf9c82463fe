"""Keystone: who somebody is and which roles they have on a project.

The only room that imports keystoneauth1. It knows nothing of registries. A
password is here for the length of one call; what is kept of it is a keyed
hash, and the key dies with the process.
"""
