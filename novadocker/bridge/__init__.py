"""The bridge: the only room that talks to the image bridge's doors."""
