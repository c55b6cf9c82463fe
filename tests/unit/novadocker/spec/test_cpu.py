"""CPUs: whose a container runs on, and what no container keeps."""

import testtools

from novadocker import exception
from novadocker import model
from novadocker.spec import cpu

LIMITS = model.Resources(
    nano_cpus=2 * 10**9,
    memory_bytes=1,
    memory_swap_bytes=1,
    pids_limit=1,
)
DIVIDED = model.HostCpus(
    shared=frozenset({0, 1}), dedicated=frozenset({2, 3, 10})
)
CLAIM = model.CpuClaim(
    is_dedicated=True, cpus=frozenset({10, 3}), nodes=frozenset({1})
)
# Key, value, and whether a container keeps it.
WORDS = (
    ('cpu_policy', 'dedicated', True),
    ('cpu_policy', 'shared', True),
    ('cpu_policy', 'mixed', False),
    ('cpu_policy', 'surprise', False),
    ('cpu_realtime', 'no', True),
    ('cpu_realtime', 'False', True),
    ('cpu_realtime', 'yes', False),
    ('emulator_threads_policy', 'share', False),
    ('emulator_threads_policy', 'isolate', False),
    ('mem_page_size', 'small', True),
    ('mem_page_size', 'any', True),
    ('mem_page_size', 'large', False),
    ('mem_page_size', '2048', False),
    ('numa_nodes', '1', True),
    ('numa_nodes', '2', False),
)


def instance(extra_specs=None, properties=None, claim=None):
    return model.Instance(
        uuid='u',
        name='instance-1',
        hostname='web',
        project_id='p',
        flavor=model.Flavor(2, 64, 0, 1, extra_specs or {}),
        image_properties=properties or {},
        cpu_claim=claim,
    )


class WordsTestCase(testtools.TestCase):
    def _check(self, name, value, is_kept, found):
        if is_kept:
            cpu.require(found)
            return
        err = self.assertRaises(
            exception.InvalidContainerOption, cpu.require, found
        )
        self.assertIn(f'{name}={value} cannot be used', str(err))

    def test_words_of_a_flavor(self):
        for key, value, is_kept in WORDS:
            with self.subTest(key=key, value=value):
                name = f'hw:{key}'
                self._check(name, value, is_kept, instance({name: value}))

    def test_the_same_words_of_an_image(self):
        for key, value, is_kept in WORDS:
            with self.subTest(key=key, value=value):
                name = f'hw_{key}'
                self._check(
                    name, value, is_kept, instance(None, {name: value})
                )


class PlacedTestCase(testtools.TestCase):
    def _placed(self, claim=None, host=DIVIDED):
        return cpu.placed(LIMITS, instance(claim=claim), host)

    def _refused(self, claim, host=DIVIDED):
        err = self.assertRaises(
            exception.CpusUnavailable, self._placed, claim, host
        )
        return str(err)

    def test_nothing_changes_where_no_cpu_is_set_aside(self):
        whole = model.HostCpus(shared=frozenset({0, 1}))
        self.assertEqual(LIMITS, self._placed(host=whole))

    def test_others_are_kept_off_the_cpus_that_are_set_aside(self):
        found = self._placed()
        self.assertEqual('0,1', found.cpuset_cpus)
        self.assertEqual('', found.cpuset_mems)
        self.assertEqual(LIMITS.nano_cpus, found.nano_cpus)

    def test_claimed_cpus_and_the_memory_near_to_them(self):
        found = self._placed(CLAIM)
        self.assertEqual('3,10', found.cpuset_cpus)
        self.assertEqual('1', found.cpuset_mems)
        self.assertEqual(0, found.nano_cpus)

    def test_host_that_tells_nova_of_no_cpus(self):
        claim = model.CpuClaim(is_dedicated=True)
        for host in (DIVIDED, model.HostCpus()):
            self.assertIn('no CPUs to dedicate', self._refused(claim, host))

    def test_node_without_cpus_of_its_own(self):
        claim = model.CpuClaim(is_dedicated=False, nodes=frozenset({0}))
        self.assertIn('only with hw:cpu_policy', self._refused(claim))

    def test_cpus_that_have_become_those_of_others(self):
        claim = model.CpuClaim(is_dedicated=True, cpus=frozenset({1, 2}))
        self.assertIn('The CPUs 1,2 were picked', self._refused(claim))

    def test_sentences_fit_into_a_fault(self):
        for claim in (
            model.CpuClaim(is_dedicated=True),
            model.CpuClaim(is_dedicated=False),
            model.CpuClaim(is_dedicated=True, cpus=frozenset({1, 2})),
        ):
            self.assertLess(len(self._refused(claim)), 255)
