"""Network of a container: plan (pure), plumber (os-vif), wait."""
