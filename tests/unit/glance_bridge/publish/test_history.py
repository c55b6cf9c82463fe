"""Any history of tags ends with Glance saying what the registry says."""

import hypothesis
from hypothesis import stateful
from hypothesis import strategies

from glance_bridge import model
from tests.fixtures import fake_catalogue
from tests.unit.glance_bridge.publish import world as worlds

CONTENTS = [worlds.manifest(number) for number in range(3)]
NO_IMAGE = worlds.manifest(9, 'artifact')
TAGS = ('latest', '1')

tags = strategies.sampled_from(TAGS)
contents = strategies.sampled_from([*CONTENTS, NO_IMAGE])


class History(stateful.RuleBasedStateMachine):
    """What users, pushes, kills and sweeps may do, in any order.

    The oracle is small: a tag shows what was pushed last, unless its image
    was deleted in Glance since, and a data of an image never changes.
    """

    def __init__(self):
        super().__init__()
        self.world = worlds.World()
        # What each tag should show; a tag that shows nothing is not here.
        self.expected = {}
        # Tag and digest of images that a user deleted.
        self.deleted = set()
        self.data = {}

    @stateful.rule(tag=tags, content=contents)
    def push(self, tag, content):
        self.world.push(content, tag)
        self.expected[tag] = worlds.digest_of(content)
        self.deleted.discard((tag, worlds.digest_of(content)))

    @stateful.rule(tag=tags, content=contents)
    def push_past_the_front(self, tag, content):
        self.world.tag(content, tag)
        self.world.sweep(tag)
        self.expected[tag] = worlds.digest_of(content)

    @stateful.rule(tag=tags, content=contents, step=strategies.integers(1, 6))
    def push_and_be_killed(self, tag, content, step):
        counts = []

        def watch(*args):
            counts.append(args)
            if len(counts) == step:
                raise worlds.Crash

        self.world.catalogue.watch = self.world.rows.watch = watch
        try:
            self.world.push(content, tag)
        except worlds.Crash:
            # Docker pushes again after an error.
            self.world.catalogue.watch = watch_nothing
            self.world.rows.watch = watch_nothing
            self.world.restart()
            self.world.push(content, tag)
        self.world.catalogue.watch = watch_nothing
        self.world.rows.watch = watch_nothing
        self.expected[tag] = worlds.digest_of(content)
        self.deleted.discard((tag, worlds.digest_of(content)))

    @stateful.rule(tag=tags)
    def delete_tag(self, tag):
        if ('demo/web/api', tag) in self.world.registry.tagged:
            self.world.registry.untag('demo/web/api', tag)
        self.world.publisher.withdraw(worlds.REPOSITORY, tag)
        self.expected.pop(tag, None)

    @stateful.rule(tag=tags)
    def delete_image(self, tag):
        for image in self.world.visible(f'web/api:{tag}'):
            digest = fake_catalogue.digest_of(image, self.world.catalogue)
            self.deleted.add((tag, digest))
            self.world.catalogue.delete_as_user(image.id)

    @stateful.rule(tag=tags)
    def sweep(self, tag):
        self.world.sweep(tag)

    @stateful.rule(tag=tags)
    def rename_image(self, tag):
        for image in self.world.visible(f'web/api:{tag}'):
            self.world.catalogue.change(image.id, 'mine', is_hidden=False)
        self.world.sweep(tag)

    @stateful.rule()
    def lose_rows(self):
        self.world.rows.rows.clear()

    @stateful.invariant()
    def every_tag_shows_what_it_says(self):
        names = {f'web/api:{tag}' for tag in TAGS}
        expected = {
            f'web/api:{tag}': [digest]
            for tag, digest in self.expected.items()
            if (tag, digest) not in self.deleted
            and digest != worlds.digest_of(NO_IMAGE)
        }
        shown = self.world.shown()
        assert expected == {
            name: found for name, found in shown.items() if name in names
        }

    @stateful.invariant()
    def no_image_ever_changes_its_data(self):
        for image in self.world.catalogue.images():
            assert image.name
            assert image.is_active
            digest = fake_catalogue.digest_of(image, self.world.catalogue)
            assert self.data.setdefault(image.id, digest) == digest

    @stateful.invariant()
    def what_is_active_is_pinned(self):
        for row in self.world.rows.rows.values():
            if row.state is not model.State.DELETED and (
                self.world.catalogue.get(row.image_id)
            ):
                assert row.digest in self.world.pinned(row)


def watch_nothing(*args):
    pass


HistoryTestCase = History.TestCase
HistoryTestCase.settings = hypothesis.settings(
    max_examples=100, stateful_step_count=25, deadline=None
)
