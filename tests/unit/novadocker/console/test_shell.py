"""A shell that was started for somebody ends when they go."""

from novadocker import exception
from novadocker.console import shell
from tests.fixtures import fake_engine
from tests.unit.novadocker.console import shells

_AWAY = exception.EngineUnavailable(host=fake_engine.HOST, reason='a test')


class ShellTest(shells.ShellTestCase):
    def setUp(self):
        super().setUp()
        self.now = 0.0
        self.naps = 0
        self.while_asleep = lambda: None

    def _sleep(self, seconds):
        self.now += seconds
        self.naps += 1
        self.while_asleep()

    def opened(self):
        made = shell.Shell(
            self.terminals,
            self.container_id,
            clock=lambda: self.now,
            sleep=self._sleep,
        )
        (self.found,) = self.terminals.execs(self.container_id)
        return made

    def test_shell_is_sized_and_ended(self):
        made = self.opened()
        made.settle()
        self.assertEqual({self.found.id: (24, 80)}, self.terminals.sizes)
        made.close()
        self.assertEqual([(self.container_id, self.found.pid)], self.ended)
        self.assertEqual(b'', self.terminals.inside[self.found.id].recv(1))

    def test_shell_that_was_left_by_itself(self):
        made = self.opened()
        made.settle()
        self.terminals.exit(self.found.id)
        made.close()
        self.assertEqual([], self.ended)

    def test_user_who_goes_before_the_shell_has_begun(self):
        self.terminals.begins = False
        made = self.opened()

        def begin():
            if self.naps == 3:
                self.terminals.begin(self.found.id)

        self.while_asleep = begin
        made.close()
        pid = self.terminals.look(self.found.id).pid
        self.assertEqual([(self.container_id, pid)], self.ended)

    def test_shell_whose_number_comes_after_its_first_words(self):
        self.terminals.begins = False
        made = self.opened()
        self.while_asleep = lambda: self.terminals.begin(self.found.id)
        made.settle()
        pid = self.terminals.look(self.found.id).pid
        self.terminals.failures['look'] = _AWAY
        made.close()
        self.assertEqual([(self.container_id, pid)], self.ended)

    def test_shell_that_never_begins(self):
        self.terminals.begins = False
        self.opened().close()
        self.assertEqual([], self.ended)
        self.assertGreater(self.now, 10)

    def test_shell_that_ended_before_its_size_was_set(self):
        made = self.opened()
        self.terminals.failures['resize'] = exception.ContainerConflict(
            action='resize', reason='a test'
        )
        made.settle()
        made.close()
        self.assertEqual(1, len(self.ended))

    def test_engine_that_is_away_when_the_user_goes(self):
        made = self.opened()
        made.settle()
        self.terminals.failures['look'] = _AWAY
        made.close()
        self.assertEqual([(self.container_id, self.found.pid)], self.ended)

    def test_engine_that_was_away_all_the_time(self):
        made = self.opened()
        self.terminals.failures['look'] = _AWAY
        made.settle()
        self.terminals.failures['look'] = _AWAY
        made.close()
        self.assertEqual([], self.ended)

    def test_shell_that_cannot_be_started(self):
        for method in ('create', 'start'):
            self.terminals.failures[method] = _AWAY
            self.assertRaises(
                exception.EngineUnavailable,
                shell.Shell,
                self.terminals,
                self.container_id,
            )


class AttachmentTest(shells.ShellTestCase):
    def test_command_lives_on(self):
        made = shell.Attachment(self.terminals, self.container_id)
        inside = self.terminals.inside[self.container_id]
        made.settle()
        made.close()
        self.assertEqual(b'', inside.recv(1))
        self.assertEqual([], self.ended)
        self.assertEqual({}, self.terminals.sizes)


class LeftTest(shells.ShellTestCase):
    def left(self, *command):
        exec_id = self.terminals.create(self.container_id, command)
        self.terminals.start(exec_id).close()
        return self.terminals.look(exec_id).pid

    def test_shells_of_consoles_are_ended_and_no_others(self):
        self.left('sh')
        pid = self.left(*shell.COMMAND)
        self.terminals.create(self.container_id, shell.COMMAND)
        shell.end_left(self.terminals, [self.container_id])
        self.assertEqual([(self.container_id, pid)], self.ended)

    def test_one_that_cannot_be_looked_at_does_not_stop_the_rest(self):
        pid = self.left(*shell.COMMAND)
        shell.end_left(self.terminals, ['f' * 64, self.container_id])
        self.assertIn('may be left', self.log.output)
        self.assertEqual([(self.container_id, pid)], self.ended)
