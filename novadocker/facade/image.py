"""The doors of images: Nova's cache of them."""

import time
from typing import Any

from nova import conf as nova_conf

from novadocker.facade import rooms

CONF = nova_conf.CONF


class Image(rooms.Rooms):
    """The images of this host."""

    def manage_image_cache(self, context: Any, all_instances: Any) -> None:
        if not CONF.image_cache.remove_unused_base_images:
            return
        settings = CONF.image_cache
        self._images.remove_unused(
            {instance.image_ref for instance in all_instances},
            now_s=time.time(),
            min_age_s=settings.remove_unused_original_minimum_age_seconds,
        )

    def cache_image(self, context: Any, image_id: str) -> bool:
        return self._images.cache(context, image_id)
