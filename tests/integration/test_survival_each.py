"""Every service of a cloud killed in the middle of a boot and of a delete.

It takes minutes: whoever waits for an answer that was lost with a service
waits for a minute. ``tools/run-tests --full`` runs it.
"""

from tests.integration import survival
from tests.integration import test_survival


class InterruptedTest(test_survival.InterruptedTest):
    chosen = survival.SERVICES
