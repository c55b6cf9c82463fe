"""Images: from Glance, through inspection, into the engine."""
