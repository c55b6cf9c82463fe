"""The bridge between an OCI registry and Glance (its rooms follow)."""
