"""The store: Glance's images whose data is in the registry."""
