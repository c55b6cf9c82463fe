"""Which roles may do what: the rules that an operator can change.

The only room that imports oslo.policy. It decides from what it is given and
asks nobody.
"""

from glance_bridge.policies import repository

list_rules = repository.list_rules
