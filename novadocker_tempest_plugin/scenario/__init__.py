"""The tests: each boots what it pushed itself, and looks at it from inside.

They use tempest's clients, waiters, timeouts and feature flags.
"""
