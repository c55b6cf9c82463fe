"""What Prometheus reads."""

import fixtures
import testtools
import webob

from glance_bridge import metrics


class DoorTestCase(testtools.TestCase):
    def _read(self) -> str:
        return metrics.door(webob.Request.blank('/metrics')).text

    def test_it_shows_what_was_counted(self):
        metrics.EVENTS.labels(result='accepted').inc()
        self.assertIn(
            'glance_bridge_events_total{result="accepted"}', self._read()
        )

    def test_several_processes_are_read_from_their_folder(self):
        folder = self.useFixture(fixtures.TempDir()).path
        self.useFixture(
            fixtures.EnvironmentVariable('PROMETHEUS_MULTIPROC_DIR', folder)
        )
        # This process began without it, so nothing is written there.
        self.assertNotIn('glance_bridge', self._read())
