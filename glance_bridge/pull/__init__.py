"""The doors of Nova: to an image's layers, and for a snapshot's."""
