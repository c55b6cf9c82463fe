"""The rule between the tenants and the services, on a fake iptables."""

import testtools

from deploy.quickstart import exception
from deploy.quickstart import fence
from deploy.quickstart import process


class Iptables:
    """Chains of the table raw, each a list of rules."""

    def __init__(self):
        self.chains = {'PREROUTING': ['theirs'], 'OUTPUT': []}

    def run(self, command):
        words = command[4:]
        self._check(command[:4] == ['iptables', '--wait', '--table', 'raw'])
        deed, chain, rule = words[0], words[1], ' '.join(words[2:])
        if deed == '-N':
            self._check(chain not in self.chains)
            self.chains[chain] = []
            return ''
        self._check(chain in self.chains)
        rules = self.chains[chain]
        if deed in {'-C', '-D'}:
            self._check(rule in rules)
        if deed == '-X':
            jumps = [f'-j {chain}' in it for it in self.chains.values()]
            self._check(not rules and not any(jumps))
        deeds = {
            '-A': lambda: rules.append(rule),
            '-I': lambda: rules.insert(0, rule),
            '-D': lambda: rules.remove(rule),
            '-F': rules.clear,
            '-X': lambda: self.chains.pop(chain),
        }
        deeds.get(deed, lambda: None)()
        return ''

    def succeeds(self, command):
        try:
            self.run(command)
        except exception.OperationFailed:
            return False
        return True

    def _check(self, condition):
        if not condition:
            raise exception.OperationFailed


UP = {
    'PREROUTING': ['-j nova-docker-quickstart', 'theirs'],
    'OUTPUT': [],
    'nova-docker-quickstart': ['-i br-ex -d 198.51.100.0/24 -j DROP'],
}


class FenceTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.iptables = Iptables()
        self.patch(process, 'run', self.iptables.run)
        self.patch(process, 'succeeds', self.iptables.succeeds)
        self.before = {**self.iptables.chains}

    def test_it_comes_before_what_others_have(self):
        fence.put_up()
        self.assertEqual(UP, self.iptables.chains)

    def test_it_is_put_up_once(self):
        fence.put_up()
        fence.put_up()
        self.assertEqual(UP, self.iptables.chains)

    def test_half_of_it_is_completed(self):
        self.iptables.chains['nova-docker-quickstart'] = []
        fence.put_up()
        self.assertEqual(UP, self.iptables.chains)

    def test_nothing_stays(self):
        fence.put_up()
        self.iptables.chains['PREROUTING'].append('-j nova-docker-quickstart')
        fence.take_down()
        self.assertEqual(
            {'PREROUTING': ['theirs'], 'OUTPUT': []}, self.iptables.chains
        )

    def test_taking_down_what_is_not_there(self):
        fence.take_down()
        self.assertEqual(self.before, self.iptables.chains)
