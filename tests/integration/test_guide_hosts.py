"""The operators' guide: those commands of the page that take no machine.

A host with Nova's fake driver plays the one with virtual machines, and this
machine the other host for containers, which has servers already.
"""

from tests.fixtures import page
from tests.integration import cloud
from tests.integration import guides
from tests.integration import registry
from tests.integration import two_hosts

_PAGE = 'admin/guide'
_KVM = 'kvm-of-tests'
_OWN = {
    'docker-1': two_hosts.NAME,
    'docker-2': cloud.HOST,
    'kvm-1': _KVM,
    'QEMU': 'fake',
    'https://registry.example.org': f'http://{registry.ADDRESS}',
}


def setUpModule():
    two_hosts.set_up()
    two_hosts.set_up('--driver', 'fake', name=_KVM)


class OperatorTest(guides.GuideCase):
    def test_commands_do_what_the_guide_says(self):
        wish = page.block(_PAGE, 'aggregates:', 'yaml')
        self.follow(_PAGE, _OWN, files={'zone.yaml': wish})
