"""Pure: flavor, image and metadata become a ContainerSpec."""
