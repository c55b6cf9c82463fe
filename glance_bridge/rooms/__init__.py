"""The composition root: who gets what, and the only reader of options.

Each room is made when it is first asked for, once per process and also with
many threads, so that a command which needs the database alone opens nothing
else, and nothing is open when a WSGI server forks.
"""

from glance_bridge.rooms import doors
from glance_bridge.rooms import house

room = house.room


class Rooms(doors.Doors):
    """Everything that the doors and commands of one process share."""
