"""Tests of nova-docker; they run against an installed wheel.

Nova decides at its first import how it runs threads, and its tests choose
eventlet unless it is told otherwise before: so it is told here, where every
test passes.
"""

import os

os.environ.setdefault('OS_NOVA_DISABLE_EVENTLET_PATCHING', 'true')

from nova import monkey_patch  # noqa: E402

monkey_patch.patch(backend='threading')
