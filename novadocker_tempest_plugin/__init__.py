"""Tempest's tests of a cloud whose servers are containers.

Black box: what is known of nova-docker here is what its users' guide says,
and no module of it is imported.
"""
