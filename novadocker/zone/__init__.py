"""The zone of docker hosts in a cloud: set up, taken back, checked, explained.

The room of ``novadocker-zone``. It runs where an administrator's clients run,
so it needs no Nova beside it: what it knows of the cloud, it knows through
openstacksdk.

``model`` and ``fact`` are words. ``desired``, ``plan``, ``undoing``,
``check`` and ``explain`` decide and do nothing. ``cloud`` reads, ``writer``
writes, ``record`` remembers, ``story`` goes through with a plan.
"""
