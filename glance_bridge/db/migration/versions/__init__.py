"""One module per change of the tables; the first has no predecessor."""
