"""What the benchmarks measure with: the cloud, an engine, a table."""
