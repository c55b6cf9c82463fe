"""The stories: create, destroy, power, recover."""
