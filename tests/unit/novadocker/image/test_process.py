"""What a server has made of itself runs as its parent does."""

import json

import testtools

from novadocker import model
from novadocker.image import process


class InheritedTest(testtools.TestCase):
    def test_process_of_the_parent_without_labels_of_ours(self):
        config = {'Cmd': ['serve'], 'Env': ['A=b']}
        parent = model.EngineImage(
            id='sha256:0',
            tags=(),
            size_bytes=1,
            architecture='amd64',
            os='linux',
            labels={'org.openstack.nova.uuid': 'x', 'maintainer': 'me'},
            config=json.dumps(config).encode(),
        )
        self.assertEqual(
            {**config, 'Labels': {'maintainer': 'me'}},
            json.loads(process.inherited(parent)),
        )
