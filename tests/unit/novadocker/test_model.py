"""Values that know a little of themselves."""

import dataclasses

import testtools

from tests.fixtures import fake_engine


class EngineInfoTestCase(testtools.TestCase):
    def test_runtimes_with_the_same_program(self):
        for runtimes, expected in (
            ({'nova': '/n', 'crun': '/n', 'runc': 'runc'}, {'nova', 'crun'}),
            ({'runc': 'runc'}, {'nova'}),
            # Shims of containerd have no program that could be the same.
            ({'nova': '', 'shim': ''}, {'nova'}),
        ):
            with self.subTest(runtimes):
                info = dataclasses.replace(fake_engine.INFO, runtimes=runtimes)
                self.assertEqual(expected, info.runtimes_like('nova'))
