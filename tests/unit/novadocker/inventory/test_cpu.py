"""What a CPU can, in the words of Placement."""

import os_traits
import testtools

from novadocker import model
from novadocker.inventory import cpu

# Words of the kernel, the last of each of them without a trait.
WORDS = {
    'x86_64': (
        ('pni', 'HW_CPU_X86_SSE3'),
        ('sse4_2', 'HW_CPU_X86_SSE42'),
        ('avx512_vnni', 'HW_CPU_X86_AVX512VNNI'),
        ('vaes', 'HW_CPU_X86_AVX512VAES'),
        ('aes', 'HW_CPU_X86_AESNI'),
        ('hypervisor', None),
    ),
    'aarch64': (
        ('asimd', 'HW_CPU_AARCH64_ASIMD'),
        ('sha512', 'HW_CPU_AARCH64_SHA512'),
        ('ssbs', None),
    ),
}


class CpuTestCase(testtools.TestCase):
    def _present(self, architecture, *words):
        found = cpu.traits(architecture, words)
        return {name for name, is_present in found.items() if is_present}

    def test_each_word_has_its_trait(self):
        for architecture, pairs in WORDS.items():
            for word, trait in pairs:
                expected = {trait} if trait else set()
                self.assertEqual(expected, self._present(architecture, word))

    def test_a_word_means_something_on_its_own_architecture_only(self):
        self.assertEqual(
            {'HW_CPU_AARCH64_AES'}, self._present('aarch64', 'aes', 'sse2')
        )
        self.assertEqual({}, cpu.traits('ppc64le', ['aes']))

    def test_what_is_missing_is_said_too(self):
        found = cpu.traits('x86_64', ['avx2'])
        self.assertTrue(found['HW_CPU_X86_AVX2'])
        self.assertFalse(found['HW_CPU_X86_AVX512F'])

    def test_placement_knows_them_all(self):
        known = set(os_traits.get_traits('HW_CPU_'))
        for architecture in WORDS:
            ours = set(cpu.traits(architecture, []))
            self.assertEqual(set(), ours - known)

    def test_what_takes_a_device_is_none(self):
        self.assertEqual(
            set(), self._present('x86_64', 'vmx', 'svm', 'sgx', 'sev')
        )

    def test_threads_are_told_of_where_nova_picks_cpus(self):
        name = 'HW_CPU_HYPERTHREADING'
        self.assertIn(name, os_traits.get_traits('HW_CPU_'))
        pair, single = (frozenset({0, 1}),), (frozenset({0}), frozenset({1}))
        for cores, dedicated, expected in (
            (pair, {1}, True),
            (pair, (), False),
            (single, {1}, False),
        ):
            cpus = model.HostCpus(dedicated=frozenset(dedicated), cores=cores)
            self.assertEqual({name: expected}, cpu.thread_traits(cpus))
