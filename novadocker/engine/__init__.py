"""The Docker engine: the only room that imports the docker SDK."""
