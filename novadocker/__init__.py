"""The Nova virt driver that runs Docker containers as servers."""
