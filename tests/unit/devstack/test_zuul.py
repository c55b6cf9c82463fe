"""The jobs of OpenStack's CI, as Zuul reads them."""

import re
from typing import Any

import testtools
import yaml

from tests.unit.devstack import node

_FILE = node.CHECKOUT / '.zuul.yaml'
# What Zuul has from elsewhere: OpenDev's own jobs, devstack's and tempest's.
_PARENTS = {
    *('base', 'openstack-tox', 'openstack-tox-py312'),
    *('devstack-tempest', 'tempest-multinode-full-py3'),
}
_JOBS = {
    *('openstack-tox-pep8', 'openstack-tox-py311', 'openstack-tox-py312'),
    'openstack-tox-py313',
}


class ZuulTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        found = yaml.safe_load(_FILE.read_text())
        self.jobs = {
            each['job']['name']: each['job'] for each in found if 'job' in each
        }
        (self.project,) = (
            each['project'] for each in found if 'project' in each
        )

    def test_parents_are_known(self) -> None:
        for job in self.jobs.values():
            self.assertIn(job['parent'], _PARENTS | set(self.jobs))

    def test_pipelines_name_jobs_that_there_are(self) -> None:
        for pipeline in ('check', 'gate'):
            for each in self.project[pipeline]['jobs']:
                self.assertIn(_name(each), _JOBS | set(self.jobs))

    def test_each_job_runs_somewhere(self) -> None:
        run = {_name(each) for each in self.project['check']['jobs']}
        self.assertLessEqual(set(self.jobs), run)

    def test_only_what_votes_gates(self) -> None:
        quiet = {
            _name(each)
            for each in self.project['check']['jobs']
            if isinstance(each, dict)
            and not each[_name(each)].get('voting', True)
        }
        gate = {_name(each) for each in self.project['gate']['jobs']}
        self.assertEqual(set(), quiet & gate)

    def test_playbooks_are_there(self) -> None:
        for job in self.jobs.values():
            for key in ('run', 'pre-run', 'post-run'):
                if key in job:
                    path = node.CHECKOUT / job[key]
                    self.assertTrue(yaml.safe_load(path.read_text()))

    def test_every_node_of_devstack_has_the_plugin(self) -> None:
        for name, job in self.jobs.items():
            if job['parent'] not in self.jobs and 'tempest' in name:
                self.assertIn('nova-docker', job['vars']['devstack_plugins'])
                for group in job.get('group-vars', {}).values():
                    self.assertIn('nova-docker', group['devstack_plugins'])

    def test_expressions_are_regular(self) -> None:
        for job in self.jobs.values():
            found = [
                *job.get('files', []),
                *job.get('irrelevant-files', []),
                job.get('vars', {}).get('tempest_test_regex', ''),
            ]
            for each in found:
                re.compile(each)


def _name(each: Any) -> str:
    return each if isinstance(each, str) else str(next(iter(each)))
