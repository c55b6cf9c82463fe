"""The bridge's small database: whose a namespace is, what was published.

The only room that knows SQL. Its rows can be lost: the reconciler makes them
again from the registry and Glance, which remain the truth.
"""
