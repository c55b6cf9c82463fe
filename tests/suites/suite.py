"""Nova's functional suites with our driver beneath them.

API, conductor, scheduler, Placement and the compute services are Nova's own
and run in this process. What is left out stands in left-out.csv, with why.
"""

import csv
import fnmatch
import pathlib
import unittest

import fixtures
from nova.tests.fixtures import glance

from novadocker import driver
from tests.fixtures import archives
from tests.fixtures import hosts

LEFT_OUT = pathlib.Path(__file__).with_name('left-out.csv')
DRIVER = 'docker.DockerDriver'


class Case:
    """What goes before the setUp of one of Nova's cases."""

    compute_driver = DRIVER

    def setUp(self):
        self.below = hosts.Hosts()
        self.below.setUp()
        # The last of all cleanups: no service is left by then.
        self.addCleanup(_end, self.below)
        folder = self.useFixture(fixtures.TempDir()).path
        self.flags(compute_driver=DRIVER, instances_path=folder)
        self.flags(volumes=True, group='docker')
        # What a suite changes in Nova's fake driver it changes in ours.
        self.stub_out('nova.virt.fake.FakeDriver', driver.DockerDriver)
        super().setUp()

    def flags(self, **changes):
        if 'compute_driver' in changes:
            changes['compute_driver'] = DRIVER
        super().flags(**changes)

    def stub_out(self, name, new):
        # Some suites bring a driver of their own.
        if name != 'nova.virt.driver.load_compute_driver':
            super().stub_out(name, new)

    def useFixture(self, fixture):  # noqa: N802 - the name is testtools'
        used = super().useFixture(fixture)
        if isinstance(used, glance.GlanceFixture):
            _fill(used)
            used.update = _keeping(used)
        return used


def _end(below):
    left = below.leaks()
    below.cleanUp()
    if left:
        raise AssertionError(f'servers have left something behind: {left}')


def _fill(images):
    """Make images of containers out of Nova's, which have no contents."""
    for number, image in enumerate(images.images.values()):
        image['container_format'] = 'docker'
        archive = archives.saved([archives.layer(number)])
        images._imagedata[image['id']] = archive


def _keeping(images):
    """Have Nova's fake of Glance keep what is uploaded to it."""
    update = images.update

    def keeping(context, image_id, metadata, data=None, **more):
        found = update(context, image_id, metadata, **more)
        if data is not None:
            content = b''.join(iter(lambda: data.read(64 * 1024), b''))
            images._imagedata[image_id] = content
            found.update(status='active', size=len(content))
        return found

    return keeping


def name_of(theirs):
    """Name one of Nova's classes as the list of what is left out does."""
    module = theirs.__module__.removeprefix('nova.tests.functional.')
    return f'{module}.{theirs.__name__}'


def left_out():
    """Give the rows of the list, whose suites and tests are patterns."""
    with LEFT_OUT.open(newline='') as file:
        return list(csv.DictReader(file))


def row(suite, test):
    """Find the row that leaves out a test, ``None`` if it is run."""
    for found in left_out():
        if fnmatch.fnmatchcase(suite, found['Suite']) and (
            fnmatch.fnmatchcase(test, found['Test'])
        ):
            return found
    return None


def reason(suite, test):
    """Tell why a test is left out, ``None`` if it is run."""
    found = row(suite, test)
    return found['Reason'] if found else None


def tests_of(theirs):
    return [name for name in dir(theirs) if name.startswith('test')]


def of(module, *suites):
    """Make our classes of Nova's.

    :param module: the name of the module that they shall be found in
    """
    return {each.__name__: _ours(module, each) for each in suites}


def _ours(module, theirs):
    reasons = {
        test: reason(name_of(theirs), test) for test in tests_of(theirs)
    }
    skipped = {
        test: unittest.skip(why)(getattr(theirs, test))
        for test, why in reasons.items()
        if why
    }
    return type(
        theirs.__name__, (Case, theirs), {'__module__': module, **skipped}
    )
