"""The registry engine: the only room that imports requests."""
