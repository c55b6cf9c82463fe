"""Whether Heat's two halves speak to each other."""

import openstack.exceptions
import testtools

from deploy.quickstart import database
from deploy.quickstart import exception
from deploy.quickstart import process
from deploy.quickstart import stack
from tests.unit.quickstart import records


class Orchestration:
    """Heat's public API, as far as it tells of its engines."""

    def __init__(self, *answers):
        self.orchestration = self
        self.answers = list(answers)

    def get(self, path):
        assert path == '/services'
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        services = [{'status': each} for each in found]
        return records.row(
            status_code=200, json=lambda: {'services': services}
        )


class EngineTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.patch(process.time, 'sleep', lambda seconds: None)
        self.reports = [True]
        self.patch(database, 'query', lambda home, text: self.reports)

    def test_api_that_has_no_answer_yet_is_asked_again(self):
        timeout = openstack.exceptions.HttpException('timeout')
        cloud = Orchestration(timeout, ['down'], ['down', 'up'])
        stack.wait_for_engine(None, cloud)
        self.assertEqual([], cloud.answers)

    def test_it_is_not_asked_before_an_engine_has_ever_reported(self):
        self.reports = []
        self.patch(stack, '_READY_S', -1)
        cloud = Orchestration(['up'])
        err = self.assertRaises(
            exception.OperationFailed, stack.wait_for_engine, None, cloud
        )
        self.assertIn('heat-engine answers', str(err))
        self.assertEqual([['up']], cloud.answers)

    def test_engine_that_does_not_answer(self):
        self.patch(stack, '_READY_S', -1)
        self.assertRaises(
            exception.OperationFailed,
            stack.wait_for_engine,
            None,
            Orchestration([]),
        )
