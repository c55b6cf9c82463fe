"""Stand-ins for what changes the machine; they write down who was called."""

from unittest import mock

import fixtures


class Journal(fixtures.Fixture):
    """Replaces functions by name; ``entries`` has the calls in order."""

    def __init__(self):
        super().__init__()
        self.entries = []
        self._doubles = {}

    def replace(self, module, *names, result=None, error=None):
        """Put stand-ins in the place of functions of one module.

        Again, and they answer something else.
        """
        for name in names:
            word = f'{module.__name__.rpartition(".")[2]}.{name}'
            if word not in self._doubles:
                patcher = mock.patch.object(module, name, autospec=True)
                self._doubles[word] = patcher.start()
                self.addCleanup(patcher.stop)
            self._doubles[word].side_effect = self._deed(word, result, error)

    def _deed(self, word, result, error):
        def deed(*arguments, **options):
            self.entries.append(word)
            if error is not None:
                raise error
            return result

        return deed


class Supervisor:
    """supervisord of one home, that knows what was asked of it."""

    def __init__(self, entries, running=()):
        self._entries = entries
        self.running = set(running)
        self.is_up = bool(running)
        self.reloaded = set()
        self.started_at = {}

    def is_running(self):
        return self.is_up

    def launch(self):
        self._entries.append('launch')
        self.is_up = True

    def reload(self):
        self._entries.append('reload')
        return self.reloaded

    def states(self):
        return {
            name: {
                'statename': 'RUNNING',
                'pid': 0,
                'start': self.started_at.get(name, 0),
            }
            for name in self.running
        }

    def start(self, services):
        names = sorted(it.name for it in services)
        self._entries.append(f'start {" ".join(names)}')
        self.running |= set(names)

    def stop(self, names):
        self._entries.append(f'stop {" ".join(sorted(names))}')
        self.running -= set(names)

    def shutdown(self):
        self._entries.append('shutdown')
        self.is_up = False
