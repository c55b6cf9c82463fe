"""The fake catalogue keeps the manners of Glance."""

import testtools

from tests.contract import catalogue_contract
from tests.fixtures import fake_catalogue


class FakeCatalogueTestCase(
    catalogue_contract.CatalogueContract, testtools.TestCase
):
    owner = 'project'

    def setUp(self):
        self.catalogue = fake_catalogue.FakeCatalogue()
        self.catalogue.broken.add('broken')
        super().setUp()

    def location_url(self, image_id):
        return f'docker-registry://registry/demo/web@sha256:0/{image_id}'

    def broken_url(self, image_id):
        return f'docker-registry://registry/demo/broken@sha256:0/{image_id}'
