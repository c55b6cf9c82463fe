"""The OCI runtime wrapper that dockerd calls, and how it is installed."""
