"""What a console is: words of the image, and what they come to."""

import ddt
import testtools

from novadocker import exception
from novadocker import model
from novadocker.spec import console
from novadocker.spec import process


@ddt.ddt
class ConsoleTest(testtools.TestCase):
    @ddt.data(
        (None, False, model.Console.EXEC),
        (None, True, model.Console.ATTACH),
        ('exec', True, model.Console.EXEC),
        ('exec', False, model.Console.EXEC),
        ('attach', True, model.Console.ATTACH),
        ('off', True, model.Console.OFF),
        ('off', False, model.Console.OFF),
    )
    @ddt.unpack
    def test_words(self, word, has_tty, expected):
        properties = {} if word is None else {console.PROPERTY: word}
        self.assertEqual(
            expected, console.console(properties, has_tty=has_tty)
        )

    @ddt.data(
        ('', 'exec, attach, off'),
        ('Exec', 'exec, attach, off'),
        ('x' * 1000, 'exec, attach, off'),
        ('attach', 'docker_tty=true'),
    )
    @ddt.unpack
    def test_what_cannot_be(self, word, reason):
        for deed in (
            lambda: console.console({console.PROPERTY: word}, has_tty=False),
            # It fails the boot.
            lambda: process.process({}, {console.PROPERTY: word}),
        ):
            error = self.assertRaises(exception.InvalidContainerOption, deed)
            self.assertIn('docker_console=', str(error))
            self.assertIn(reason, str(error))
            self.assertLess(len(str(error)), 255)
