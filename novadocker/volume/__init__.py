"""Cinder's volumes: the only room that imports os_brick."""
