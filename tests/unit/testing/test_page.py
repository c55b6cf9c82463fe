"""What is found on a page of the documents."""

import testtools

from tests.fixtures import page

_SOURCE = """\
=====
Title
=====

See :doc:`elsewhere` and ``that``::

    bare

.. only:: html

   .. code-block:: text

      lost

First
=====

.. code-block:: ini

    # /etc/one
    [a]

        b = c
    # /etc/two
    d

* A list

  .. code-block:: console
     :class: not-here

     $ command

Second
======

.. code-block::

   nameless

.. unheard-of:: of
   :unknown: option

   text
"""


class PageTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.blocks = list(page.blocks(_SOURCE))

    def test_blocks_are_in_order_under_their_titles(self):
        self.assertEqual(
            [('Title', ''), ('First', 'ini'), ('First', 'console')],
            [(each.section, each.language) for each in self.blocks[:3]],
        )

    def test_text_keeps_its_lines(self):
        self.assertEqual('bare\n', self.blocks[0].text)
        self.assertEqual(
            '# /etc/one\n[a]\n\n    b = c\n# /etc/two\nd\n',
            self.blocks[1].text,
        )

    def test_classes_are_those_of_the_option(self):
        self.assertEqual({'not-here'}, self.blocks[2].classes)
        self.assertEqual(set(), self.blocks[1].classes)

    def test_block_without_a_language_has_none(self):
        (last,) = self.blocks[3:]
        self.assertEqual(
            ('Second', '', 'nameless\n'),
            (last.section, last.language, last.text),
        )

    def test_files_are_told_by_their_paths(self):
        found = page.files('admin/registry')
        self.assertIn('/etc/glance-bridge/glance-bridge.conf', found)
        self.assertTrue(
            found['/etc/docker/registry/config.yml'].startswith('\nversion')
        )

    def test_commands_are_without_their_prompts(self):
        found = page.commands('user/registry', 'docker push')
        self.assertTrue(found.startswith('docker tag '), found)
