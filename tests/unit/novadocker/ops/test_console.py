"""Who gets a console, and in whose words others do not."""

from nova import exception as nova_exception

from novadocker import exception
from novadocker.console import consoles
from novadocker.ops import console
from tests.fixtures import fake_terminals
from tests.fixtures import netns
from tests.fixtures import proxy
from tests.unit.novadocker.ops import stories

SETTINGS = consoles.Settings(
    address='127.0.0.1',
    port=0,
    proxies=(),
    sessions_per_server=2,
    sessions=2,
    secret_ttl_s=600,
)


class ConsoleTest(stories.StoryTestCase):
    def setUp(self):
        super().setUp()
        self.terminals = self.useFixture(
            fake_terminals.FakeTerminals(self.engine)
        )
        self.doors = consoles.Consoles(self.terminals, SETTINGS)
        self.doors.start([])
        self.addCleanup(self.doors.stop)

    def give(self, **properties):
        return console.give_secret(
            self.tools, self.doors, self.instance, properties
        )

    def assert_unavailable(self, reason, **properties):
        error = self.assertRaises(
            nova_exception.ConsoleTypeUnavailable, self.give, **properties
        )
        # What nova-api can make of it is this class and no other.
        self.assertIs(nova_exception.ConsoleTypeUnavailable, type(error))
        self.assertIn(reason, error.format_message())

    def connected(self, **properties):
        sock = proxy.opened(self.doors.port, self.give(**properties))
        self.addCleanup(sock.close)
        return sock

    def test_secret_opens_a_shell(self):
        container = self.boot()
        sock = self.connected()
        sock.sendall(b'typed')
        inside = self.inside(container)
        self.assertEqual(b'typed', proxy.read_exactly(inside, 5))

    def inside(self, container):
        netns.wait_until(lambda: self.terminals.inside, 'a terminal')
        (found,) = self.terminals.execs(container.id)
        return self.terminals.inside[found.id]

    def test_secret_opens_the_terminal_of_the_command(self):
        self.view.image_properties['docker_tty'] = 'true'
        container = self.boot()
        sock = self.connected()
        sock.sendall(b'typed')
        netns.wait_until(lambda: self.terminals.inside, 'a terminal')
        inside = self.terminals.inside[container.id]
        self.assertEqual(b'typed', proxy.read_exactly(inside, 5))
        self.assertEqual([], self.terminals.execs(container.id))

    def test_terminal_of_the_command_needs_no_shell(self):
        self.view.image_properties['docker_tty'] = 'true'
        self.boot()
        self.terminals.files = set()
        self.give()

    def test_server_without_container(self):
        self.assertRaises(exception.ContainerNotFound, self.give)

    def test_server_that_does_not_run(self):
        container = self.boot()
        for deed, state in (
            (self.engine.pause, 'paused'),
            (self.engine.kill, 'exited'),
        ):
            deed(container.id)
            error = self.assertRaises(
                nova_exception.InstanceNotReady, self.give
            )
            self.assertIs(nova_exception.InstanceNotReady, type(error))
            self.assertIn(f'it is {state}', error.format_message())

    def test_image_without_a_shell(self):
        self.boot()
        self.terminals.files = set()
        self.assert_unavailable('its image has no /bin/sh')

    def test_image_that_wants_none(self):
        self.boot()
        self.assert_unavailable('docker_console=off', docker_console='off')

    def test_word_that_no_boot_has_read(self):
        self.boot()
        self.assert_unavailable('exec, attach, off', docker_console='x')

    def test_host_that_does_not_listen(self):
        self.boot()
        self.doors.stop()
        self.assert_unavailable('does not listen')
