"""What the registry tells of itself: hints, never facts.

Events get lost, come late, twice, out of order, and hold what a client
wrote. So an event says only that a tag is worth a look; what is published is
what the registry answers when it is asked.
"""
