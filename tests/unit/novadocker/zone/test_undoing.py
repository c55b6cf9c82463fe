import testtools

from novadocker.zone import fact
from novadocker.zone import model
from novadocker.zone import undoing
from tests.unit.novadocker.zone import clouds

Kind = fact.Kind
Key = fact.Key
AGGREGATE = clouds.added(Kind.AGGREGATE, 'a')
ZONE = clouds.added(Kind.ZONE, 'a', value='z')
METADATA = clouds.added(Kind.METADATA, 'a', 'k', 'v')
HOST = clouds.added(Kind.HOST, 'a', 'h')
ALL = (AGGREGATE, ZONE, METADATA, HOST)


def built(*hosts, **more):
    more.setdefault('zone', 'z')
    more.setdefault('metadata', {'k': 'v'})
    return clouds.aggregate('a', *hosts, **more)


class UndoingTestCase(testtools.TestCase):
    def _make(self, changes, *things):
        return undoing.make(changes, clouds.cloud(*things))

    def _left(self, changes, *things):
        ((change, finding),) = self._make(changes, *things).left.items()
        return change, str(finding)

    def test_all_is_taken_back_in_the_other_order(self):
        found = self._make(ALL, built('h'))
        self.assertEqual((HOST, METADATA, AGGREGATE), found.steps)
        # It goes with its aggregate.
        self.assertEqual((ZONE,), found.moot)
        self.assertEqual({}, found.left)

    def test_former_value_comes_back(self):
        change = fact.Change(Key(Kind.ZONE, 'a'), 'x', 'z')
        self.assertEqual((change,), self._make([change], built()).steps)

    def test_two_changes_of_one_thing_are_both_undone(self):
        key = Key(Kind.METADATA, 'a', 'k')
        changes = [fact.Change(key, 'x', 'y'), fact.Change(key, 'y', 'v')]
        found = self._make(changes, built())
        self.assertEqual((changes[1], changes[0]), found.steps)

    def test_what_was_never_made_is_moot(self):
        found = self._make(ALL, built(metadata={}))
        self.assertEqual((AGGREGATE,), found.steps)
        self.assertEqual({HOST, METADATA, ZONE}, {*found.moot})

    def test_what_is_gone_is_moot(self):
        changes = (
            *ALL,
            fact.Change(Key(Kind.METADATA, 'a', 'm'), 'x', 'y'),
            fact.Change(Key(Kind.EXTRA_SPEC, 'f', 'm'), 'x', 'y'),
            fact.Change(Key(Kind.PROPERTY, 'i', 'm'), 'x', 'y'),
        )
        found = self._make(changes)
        self.assertEqual({*changes}, {*found.moot})
        self.assertEqual((), found.steps)

    def test_what_somebody_changed_since_stays(self):
        change, sentence = self._left([METADATA], built(metadata={'k': 'w'}))
        self.assertEqual(METADATA, change)
        self.assertIn('somebody made it w since', sentence)
        change = fact.Change(Key(Kind.PROPERTY, 'i1', 'p'), 'x', 'y')
        _, sentence = self._left([change], clouds.image('i1'))
        self.assertIn('somebody made it not there since', sentence)

    def test_aggregate_with_hosts_of_others_stays_and_its_zone(self):
        found = self._make(ALL, built('h', 'theirs'))
        self.assertEqual((HOST, METADATA), found.steps)
        self.assertEqual({AGGREGATE, ZONE}, {*found.left})
        self.assertIn('others put theirs there', str(found.left[AGGREGATE]))

    def test_zone_of_an_aggregate_that_was_there_before_stays(self):
        change, sentence = self._left((ZONE, HOST), built('h'))
        self.assertEqual(ZONE, change)
        self.assertIn('Nova takes no zone', sentence)

    def test_flavor_with_extra_specs_of_others_stays(self):
        size = '1 vCPU, 2 MiB, 3 GiB'
        change = clouds.added(Kind.FLAVOR, 'f', value=size)
        flavor = model.Flavor('f', 1, 2, 3, extra_specs={'hw:x': '1'})
        _, sentence = self._left([change], flavor)
        self.assertIn('others put hw:x there', sentence)
