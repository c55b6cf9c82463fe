"""Quotas: Keystone's unified limits for images, of the owner of a namespace.

Glance counts an upload against whoever sends it, and does not count what is
published with a location at all. The only room that imports oslo.limit.
"""
