"""Consoles of real containers, through the door that proxies use."""

import contextlib
import dataclasses
import gc
import operator
import os
import pathlib
import re
import threading

from novadocker import exception
from novadocker import model
from novadocker.console import consoles
from novadocker.console import listener
from novadocker.console import shell
from novadocker.engine import terminal
from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.fixtures import proxy
from tests.functional import probing

# TIOCGWINSZ of its standard output.
_SIZE = (
    'perl -e \'ioctl(STDOUT, 0x5413, $b = "\\0" x 8);'
    ' print join("x", "size", unpack("S2", $b)), "\\n"\''
)
_SETTINGS = consoles.Settings(
    address='127.0.0.1',
    port=0,
    proxies=(),
    sessions_per_server=4,
    sessions=8,
    secret_ttl_s=600,
)


@dockerd.needs_dockerd
class ConsoleTestCase(probing.ProbeTestCase):
    def setUp(self):
        super().setUp()
        self.terminals = terminal.Terminals(self.dockerd.host)
        self.consoles = self.listening()

    def listening(self, *left, **settings):
        made = consoles.Consoles(
            self.terminals, dataclasses.replace(_SETTINGS, **settings)
        )
        made.start(left)
        self.addCleanup(made.stop)
        return made

    def opened(self, container_id, kind=model.Console.EXEC):
        """Open a console as nova-serialproxy does."""
        sock = proxy.opened(
            self.consoles.port, self.consoles.give(container_id, kind)
        )
        self.addCleanup(sock.close)
        return sock

    def ask(self, sock, command, wanted):
        """Type a command and read what matches."""
        sock.sendall(f'{command}; echo d""one\n'.encode())
        found = proxy.read_until(sock, b'done\r\n').decode()
        match = re.search(wanted, found)
        self.assertIsNotNone(match, found)
        return match[0]

    def wait_for_no_shell(self, container_id):
        netns.wait_until(
            lambda: (
                not any(
                    each.exit_code is None
                    for each in self.terminals.execs(container_id)
                )
            ),
            'the end of all shells',
        )
        # Its own command, its init, and nothing else.
        netns.wait_until(
            lambda: len(self.processes(container_id)) <= 2,
            'the end of their processes',
        )

    def wait_for_no_session(self):
        netns.wait_until(
            lambda: not self.consoles.sessions(), 'the end of all sessions'
        )

    def processes(self, container_id):
        """List what runs in a container, without the engine's word."""
        found = []
        for path in pathlib.Path('/proc').glob('[0-9]*/cgroup'):
            # It may have ended meanwhile.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if container_id in path.read_text():
                    found.append(path.parent.name)
        return found


class ShellTest(ConsoleTestCase):
    def test_shell_answers(self):
        sock = self.opened(self.start('sleep', 'infinity'))
        self.assertEqual(
            'the answer is 42',
            self.ask(
                sock, 'echo the answer is $((6 * 7))', 'the answer is 4.'
            ),
        )

    def test_shell_is_the_user_of_the_image_without_more_privilege(self):
        container_id = self.start(
            *('sh', '-c', 'cat /proc/self/status; exec sleep infinity'),
            user='1000:1000',
        )
        sock = self.opened(container_id)
        words = '(Uid|Gid|NoNewPrivs|Seccomp|Cap(Inh|Prm|Eff|Bnd|Amb)):.*'
        sock.sendall(b'cat /proc/self/status; echo d""one\n')
        said = proxy.read_until(sock, b'done\r\n').decode()
        self.assertEqual(
            *(
                [each[0].rstrip() for each in re.finditer(words, text)]
                for text in (
                    self.engine.logs(container_id, 65536).decode(),
                    said,
                )
            )
        )
        self.assertIn('Uid:\t1000', said)

    def test_terminal_has_a_size(self):
        sock = self.opened(self.start('sleep', 'infinity'))
        proxy.read_until(sock, b'# ')
        netns.wait_until(
            lambda: self.ask(sock, _SIZE, r'size\w+') == 'sizex24x80',
            'a size',
        )

    def test_exit_closes_the_console(self):
        container_id = self.start('sleep', 'infinity')
        sock = self.opened(container_id)
        sock.sendall(b'exit\n')
        self.assertIn(b'exit', proxy.read_to_end(sock))
        self.wait_for_no_shell(container_id)

    def test_what_is_typed_behind_the_request_is_heard(self):
        container_id = self.start('sleep', 'infinity')
        secret = self.consoles.give(container_id, model.Console.EXEC)
        sock = proxy.connect(self.consoles.port)
        self.addCleanup(sock.close)
        sock.sendall(proxy.request(secret) + b'echo h""eard\n')
        proxy.read_until(sock, b'heard')

    def test_much_output_arrives_whole(self):
        sock = self.opened(self.start('sleep', 'infinity'))
        sock.sendall(b'perl -e \'print "0123456789" x 300000\'; echo d""one\n')
        found = proxy.read_until(sock, b'done\r\n')
        self.assertIn(b'0123456789' * 300000, found)


class EndTest(ConsoleTestCase):
    def setUp(self):
        super().setUp()
        self.container_id = self.start('sleep', 'infinity')
        self.sock = self.opened(self.container_id)
        proxy.read_until(self.sock, b'# ')

    def test_shell_ends_with_its_connection(self):
        self.sock.close()
        self.wait_for_no_shell(self.container_id)

    def test_shell_that_does_not_listen_is_killed(self):
        self.ask(self.sock, "trap '' HUP TERM", 'done')
        self.sock.close()
        self.wait_for_no_shell(self.container_id)

    def test_what_runs_in_the_shell_ends_with_it(self):
        self.sock.sendall(b'sleep 1000 | cat\n')
        proxy.read_until(self.sock, b'cat')
        netns.wait_until(
            lambda: len(self.processes(self.container_id)) >= 5, 'the jobs'
        )
        self.sock.close()
        self.wait_for_no_shell(self.container_id)

    def test_connection_that_goes_before_the_shell_has_begun(self):
        for _ in range(3):
            self.opened(self.container_id).close()
        self.sock.close()
        self.wait_for_no_session()
        self.wait_for_no_shell(self.container_id)

    def test_console_ends_with_its_server(self):
        for deed in (
            lambda: self.engine.stop(self.container_id, 1),
            lambda: self.engine.kill(self.container_id),
        ):
            sock = self.opened(self.container_id)
            proxy.read_until(sock, b'# ')
            deed()
            proxy.read_to_end(sock)
            self.engine.start(self.container_id)
        proxy.read_to_end(self.sock)
        self.wait_for_no_session()

    def test_shell_ends_although_its_engine_has_ended(self):
        self.ask(self.sock, 'true', 'done')
        self.dockerd.kill()
        proxy.read_to_end(self.sock)
        self.dockerd.start()
        self.wait_for_no_session()
        netns.wait_until(
            lambda: len(self.processes(self.container_id)) <= 2,
            'the end of the shell',
        )

    def test_shell_of_a_frozen_server_ends_when_it_is_thawed(self):
        self.engine.pause(self.container_id)
        self.sock.close()
        self.wait_for_no_session()
        self.engine.unpause(self.container_id)
        self.wait_for_no_shell(self.container_id)

    def test_all_end_with_the_service(self):
        other = self.opened(self.container_id)
        proxy.read_until(other, b'# ')
        self.consoles.stop()
        for sock in (self.sock, other):
            proxy.read_to_end(sock)
        self.wait_for_no_shell(self.container_id)
        self.assertRaises(
            ConnectionRefusedError, proxy.connect, self.consoles.port
        )

    def test_next_service_ends_what_a_killed_one_has_left(self):
        left = self.terminals.create(self.container_id, shell.COMMAND)
        stranger = self.terminals.create(self.container_id, ('sh',))
        for each in (left, stranger):
            with self.terminals.start(each) as sock:
                proxy.read_until(sock, b'# ')
        self.listening(self.container_id)
        netns.wait_until(
            lambda: self.terminals.look(left).exit_code is not None,
            'the end of what was left',
        )
        self.assertIsNone(self.terminals.look(stranger).exit_code)

    def test_nothing_is_left_of_many_sessions(self):
        self.sock.close()
        self.wait_for_no_session()
        before = self._held()
        for _ in range(10):
            sock = self.opened(self.container_id)
            proxy.read_until(sock, b'# ')
            sock.close()
            self.wait_for_no_session()
        netns.wait_until(
            lambda: all(map(operator.le, self._held(), before)),
            f'no more than {before} descriptors and threads',
        )
        self.wait_for_no_shell(self.container_id)

    def _held(self):
        # The SDK keeps a connection for each of the last 25 URLs.
        for client in self.terminals._connection._clients.values():
            client.close()
        # What other tests have dropped may go meanwhile.
        gc.collect()
        return len(os.listdir('/proc/self/fd')), threading.active_count()


class AttachTest(ConsoleTestCase):
    def test_console_is_the_terminal_of_the_command(self):
        container_id = self.start_with_terminal(
            *('sh', '-c', 'read line; echo you said $line; exec sleep 1000')
        )
        sock = self.opened(container_id, model.Console.ATTACH)
        sock.sendall(b'hello\n')
        proxy.read_until(sock, b'you said hello')
        sock.close()
        self.wait_for_no_session()
        self.assertTrue(self.engine.inspect(container_id).state.is_live)

    def test_no_key_leaves_it(self):
        container_id = self.start_with_terminal(
            *('sh', '-c', 'stty -echo raw 2>&1; exec cat')
        )
        sock = self.opened(container_id, model.Console.ATTACH)
        # The engine's own keys to leave a terminal.
        sock.sendall(b'\x10\x11after\n')
        proxy.read_until(sock, b'after')

    def test_console_ends_with_the_command(self):
        container_id = self.start_with_terminal('sh', '-c', 'read line')
        sock = self.opened(container_id, model.Console.ATTACH)
        sock.sendall(b'\n')
        proxy.read_to_end(sock)

    def start_with_terminal(self, *command):
        return self.start(
            *command, change=probing.changing(tty=True, stdin_open=True)
        )


class RefusalTest(ConsoleTestCase):
    def test_secret_opens_once(self):
        container_id = self.start('sleep', 'infinity')
        secret = self.consoles.give(container_id, model.Console.EXEC)
        proxy.opened(self.consoles.port, secret).close()
        sock = proxy.connect(self.consoles.port)
        self.addCleanup(sock.close)
        sock.sendall(proxy.request(secret))
        self.assertEqual(listener.REFUSAL, proxy.read_to_end(sock))

    def test_secret_of_a_server_that_has_gone_opens_nothing(self):
        container_id = self.start('sleep', 'infinity')
        for deed, kinds in (
            (self.engine.pause, [model.Console.EXEC]),
            (self.engine.kill, [model.Console.EXEC]),
        ):
            deed(container_id)
            for kind in kinds:
                sock = self.opened(container_id, kind)
                self.assertEqual(
                    b'The console could not be opened.\r\n',
                    proxy.read_to_end(sock),
                )
            if deed == self.engine.pause:
                self.engine.unpause(container_id)
        for kind in (model.Console.EXEC, model.Console.ATTACH):
            sock = self.opened('f' * 64, kind)
            self.assertIn(b'could not be opened', proxy.read_to_end(sock))

    def test_shell_is_looked_for(self):
        container_id = self.start('sleep', 'infinity')
        self.assertTrue(self.consoles.has_shell(container_id))
        self.assertFalse(self.terminals.has_file(container_id, '/bin/nosh'))
        self.assertRaises(
            exception.ContainerNotFound, self.consoles.has_shell, 'f' * 64
        )
