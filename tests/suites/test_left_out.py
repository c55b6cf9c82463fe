"""Each of Nova's functional suites is run, or left out with a reason."""

import importlib
import pkgutil
import unittest

from nova.tests import functional
from nova.tests.functional import compute
from nova.tests.functional import wsgi
import testtools

from tests.suites import suite
from tests.suites import test_hosts
from tests.suites import test_servers


def _modules():
    for package in (functional, compute, wsgi):
        for found in pkgutil.iter_modules(package.__path__):
            if found.name.startswith('test_'):
                name = f'{package.__name__}.{found.name}'
                yield importlib.import_module(name)


def _suites():
    """Give every class of Nova's that has tests, where it is written."""
    for module in _modules():
        for each in vars(module).values():
            if (
                isinstance(each, type)
                and issubclass(each, unittest.TestCase)
                and each.__module__ == module.__name__
                and suite.tests_of(each)
            ):
                yield each


def _run():
    """Give the classes of Nova's whose tests are run in one of ours."""
    return {
        each
        for module in (test_servers, test_hosts)
        for ours in vars(module).values()
        if isinstance(ours, type) and issubclass(ours, suite.Case)
        for each in ours.__mro__
    }


class LeftOutTestCase(testtools.TestCase):
    def test_every_suite_is_run_or_left_out_with_a_reason(self):
        forgotten = [
            suite.name_of(each)
            for each in set(_suites()) - _run()
            if not all(
                suite.reason(suite.name_of(each), test)
                for test in suite.tests_of(each)
            )
        ]
        self.assertEqual([], sorted(forgotten))

    def test_nothing_is_left_out_as_a_whole_and_run(self):
        idle = [
            suite.name_of(each)
            for each in set(_suites()) & _run()
            if all(
                suite.reason(suite.name_of(each), test)
                for test in suite.tests_of(each)
            )
        ]
        self.assertEqual([], sorted(idle))

    def test_each_row_gives_a_reason_and_is_met_by_some_test(self):
        met = {
            tuple(row.values())
            for each in _suites()
            for test in suite.tests_of(each)
            if (row := suite.row(suite.name_of(each), test))
        }
        folders = ('api_sample', 'notification', 'db.', 'libvirt', 'regress')
        idle = [
            row
            for row in suite.left_out()
            if tuple(row.values()) not in met
            and not row['Suite'].startswith(folders)
        ]
        self.assertEqual([], idle)
        self.assertTrue(all(row['Reason'] for row in suite.left_out()))
