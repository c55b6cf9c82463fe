"""Every service of a cloud killed, idle and in the middle of something.

It takes minutes: whoever waits for an answer that was lost with a service
waits for a minute. ``tools/run-tests --full`` runs it.
"""

from tests.integration import survival
from tests.integration import test_survival


class IdleTest(test_survival.IdleTest):
    chosen = survival.SERVICES


class InterruptedTest(test_survival.InterruptedTest):
    chosen = survival.SERVICES
