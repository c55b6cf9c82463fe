"""A real OpenStack cloud on one machine, with nova-docker in it.

Started by ``tools/quickstart``. Nothing here is part of the driver, and the
driver imports nothing from here.
"""
