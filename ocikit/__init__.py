"""The image vocabulary of both wings: standard library only."""
