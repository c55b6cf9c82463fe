"""CPUs of their own, and those of all others, as the kernel has them."""

import dataclasses
import os
import pathlib
import re
import unittest

from novadocker import exception
from novadocker import model
from novadocker.inventory import numa
from novadocker.ops import confinement
from novadocker.ops import power
from novadocker.ops import tools as ops_tools
from novadocker.spec import cpu
from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.functional import test_boot

LOOK = 'sh -c "cat /proc/self/status; exec sleep 60"'

needs_two_cpus = unittest.skipUnless(
    len(os.sched_getaffinity(0)) > 1, 'needs two CPUs'
)


@dockerd.needs_dockerd
@needs_two_cpus
class CpuTest(test_boot.BootTestCase):
    def setUp(self):
        super().setUp()
        self.whole = numa.host_cpus()
        self.own = frozenset([max(self.whole.shared)])
        self.others = cpu.text(self.whole.shared - self.own)
        (node,) = (n.id for n in self.whole.nodes if self.own <= n.cpus)
        self.claim = model.CpuClaim(True, self.own, frozenset([node]))

    def _set_aside(self, cpus):
        """Do what a start of nova-compute does with its options."""
        found = numa.divided(self.whole, cpus, frozenset())
        host = dataclasses.replace(self.tools.host, cpus=found)
        self.tools = dataclasses.replace(self.tools, host=host)
        self.creator._tools = self.tools
        confinement.confine_all(self.tools)

    def _booted(self, **changes):
        container = self._boot(metadata={'docker:command': LOOK}, **changes)
        self.addCleanup(self._destroy)
        return container

    def _found(self):
        return ops_tools.find(self.tools, self.namespace.uuid)

    def assert_held(self, container, cpus):
        text = pathlib.Path(f'/proc/{container.pid}/status').read_text()
        self.assertEqual(_numbers(cpus), _allowed('Cpus', text))

    def test_server_has_its_cpu_from_its_first_instruction_on(self):
        self._set_aside(self.own)
        container = self._booted(cpu_claim=self.claim)
        self.assert_held(container, cpu.text(self.own))
        netns.wait_until(
            lambda: 'Mems_allowed_list' in self._log(container), 'its log'
        )
        log = self._log(container)
        self.assertEqual(self.own, _allowed('Cpus', log))
        self.assertEqual(self.claim.nodes, _allowed('Mems', log))
        self.assertEqual(set(), self._capped(container))
        self._set_aside(self.own)
        self.assert_held(self._found(), cpu.text(self.own))

    def _capped(self, container):
        config = self.dockerd.client.inspect_container(container.id)
        limits = ('NanoCpus', 'CpuQuota')
        return {name for name in limits if config['HostConfig'][name]}

    def test_quota_is_kept_beside_it(self):
        self._set_aside(self.own)
        flavor = dataclasses.replace(
            self._view().flavor, extra_specs={'quota:cpu_quota': '50000'}
        )
        container = self._booted(cpu_claim=self.claim, flavor=flavor)
        self.assert_held(container, cpu.text(self.own))
        self.assertEqual({'CpuQuota'}, self._capped(container))

    def test_others_are_kept_off_it(self):
        self._set_aside(self.own)
        self.assert_held(self._booted(), self.others)

    def test_server_that_was_there_before_is_kept_off_while_it_runs(self):
        container = self._booted()
        self.assert_held(container, cpu.text(self.whole.shared))
        self._set_aside(self.own)
        self.assertEqual(container.pid, self._found().pid)
        self.assert_held(container, self.others)
        self._set_aside(frozenset())
        self.assert_held(container, cpu.text(self.whole.shared))

    def test_server_that_is_off_or_paused_is_kept_off_too(self):
        self._booted()
        power.pause(self.tools, self.instance)
        self._set_aside(self.own)
        self.assert_held(self._found(), self.others)
        power.unpause(self.tools, self.instance)
        self._set_aside(frozenset())
        power.power_off(self.tools, self.instance, timeout_s=0)
        self._set_aside(self.own)
        power.power_on(self.tools, self.instance, self._view(), self.ports)
        self.assert_held(self._found(), self.others)

    def test_host_without_such_cpus_refuses_and_keeps_nothing(self):
        self.assertRaises(
            exception.CpusUnavailable, self._boot, cpu_claim=self.claim
        )
        self.assert_nothing_left()


def _allowed(kind, text):
    found = re.search(rf'{kind}_allowed_list:\s*(\S+)', text)
    return _numbers(found[1])


def _numbers(text):
    """Read what the kernel writes: ``0-2,7``."""
    found = set()
    for part in text.split(','):
        first, _, last = part.partition('-')
        found |= set(range(int(first), int(last or first) + 1))
    return found
