"""What consoles may expect of terminals, real or fake.

A user of this mixin sets ``engine`` and ``terminals`` of one engine, and says
how to ``run_server``, with a terminal or without.
"""

from novadocker import exception

_NOWHERE = 'f' * 64


class TerminalContract:
    def test_command_is_prepared_begins_and_is_told(self):
        container_id = self.run_server()
        exec_id = self.terminals.create(container_id, ('sh', '-c', 'cat', 'n'))
        found = self.terminals.look(exec_id)
        self.assertEqual((0, None), (found.pid, found.exit_code))
        with self.terminals.start(exec_id):
            self.wait_until(lambda: self.terminals.look(exec_id).pid)
            (listed,) = self.terminals.execs(container_id)
            self.assertEqual(exec_id, listed.id)
            self.assertEqual(('sh', '-c', 'cat', 'n'), listed.command)

    def test_terminal_can_be_sized_once_it_has_begun(self):
        exec_id = self.terminals.create(self.run_server(), ('sh',))
        with self.terminals.start(exec_id):
            self.wait_until(lambda: self.terminals.look(exec_id).pid)
            self.terminals.resize(exec_id, rows=24, columns=80)

    def test_container_can_be_attached_to(self):
        container_id = self.run_server(tty=True, stdin_open=True)
        self.terminals.attach(container_id).close()
        self.assertTrue(self.engine.inspect(container_id).state.is_live)

    def test_file_is_there_or_not(self):
        container_id = self.run_server()
        self.assertTrue(self.terminals.has_file(container_id, '/bin/sh'))
        self.assertFalse(self.terminals.has_file(container_id, '/bin/nosh'))

    def test_what_is_not_there(self):
        for deed in (
            lambda: self.terminals.has_file(_NOWHERE, '/bin/sh'),
            lambda: self.terminals.create(_NOWHERE, ('sh',)),
            lambda: self.terminals.execs(_NOWHERE),
            lambda: self.terminals.attach(_NOWHERE),
            lambda: self.terminals.start(_NOWHERE),
            lambda: self.terminals.look(_NOWHERE),
            lambda: self.terminals.resize(_NOWHERE, rows=1, columns=1),
        ):
            self.assertRaises(exception.ContainerNotFound, deed)

    def test_nothing_is_started_in_what_does_not_run(self):
        container_id = self.run_server()
        for deed in (self.engine.pause, self.engine.kill):
            deed(container_id)
            self.assertRaises(
                exception.ContainerConflict,
                self.terminals.create,
                container_id,
                ('sh',),
            )
            if deed == self.engine.pause:
                self.engine.unpause(container_id)
