"""A new password: where it goes, and where it must not."""

from nova import exception as nova_exception

from novadocker import exception
from novadocker.ops import password
from tests.fixtures import fake_engine
from tests.unit.novadocker.ops import stories

WORD = 'correct horse: b\u00e4ttery'
CHPASSWD = ('chpasswd',)


class PasswordTestCase(stories.StoryTestCase):
    def setUp(self):
        super().setUp()
        self.engine.outcomes[CHPASSWD] = fake_engine.Outcome(exit_code=0)

    def _change(self, word=WORD):
        password.change(self.tools, self.instance, self.view, word)

    def _refused(self, word=WORD):
        err = self.assertRaises(
            nova_exception.SetAdminPasswdNotSupported, self._change, word
        )
        # The API knows no class of ours.
        self.assertIs(nova_exception.SetAdminPasswdNotSupported, type(err))
        self.assertNotIn(WORD, self.log.output)
        self.assertNotIn(WORD, str(err))
        return str(err)

    def test_password_goes_through_standard_input_alone(self):
        self.boot()
        self._change()
        self.assertEqual(
            [(CHPASSWD, f'root:{WORD}\n'.encode(), '0:0')], self.engine.fed
        )
        self.assertIn('The password of root is set', self.log.output)
        self.assertNotIn(WORD, self.log.output)

    def test_it_is_that_of_the_admin_user(self):
        self.view = stories.with_properties(self.view, os_admin_user='app:g')
        self.boot()
        self._change()
        self.assertEqual(f'app:{WORD}\n'.encode(), self.engine.fed[0][1])

    def test_word_that_is_more_than_a_password(self):
        self.boot()
        for word in ('', 'a\nroot:b', 'a\0'):
            self.assertIn('control characters', self._refused(word))
        self.assertEqual([], self.engine.fed)

    def test_image_without_chpasswd(self):
        self.boot()
        for exit_code in (126, 127):
            self.engine.outcomes[CHPASSWD] = fake_engine.Outcome(exit_code)
            self.assertIn('no chpasswd', self._refused())

    def test_image_without_the_user(self):
        self.engine.outcomes[CHPASSWD] = fake_engine.Outcome(exit_code=1)
        self.boot()
        self.assertIn('is root a user of the image?', self._refused())

    def test_chpasswd_that_does_not_end(self):
        self.engine.outcomes[CHPASSWD] = fake_engine.Outcome()
        self.boot()
        self.assertIn('did not end within 20 s', self._refused())

    def test_stopped_server(self):
        self.boot(power_on=False)
        self.assertIn('not running', self._refused())

    def test_server_without_a_container(self):
        self.assertRaises(exception.ContainerNotFound, self._change)
