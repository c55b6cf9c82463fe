"""What this host has and what of it is in use."""
