"""The bridge between an OCI registry and Glance: push, then boot."""
