"""Making the registry and Glance agree again, whatever was lost between.

Nothing here is told what happened. Both sides are read whole, compared, and
each difference is handed to the same rooms that publish a push.
"""
