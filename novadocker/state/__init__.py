"""Power state: what the engine shows, in Nova's words."""
