"""Configuration of Sphinx."""

import pathlib
import sys

# oslo.config's extension imports the options.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

project = 'nova-docker'
copyright = 'the nova-docker authors'  # noqa: A001
extensions = ['oslo_config.sphinxext']
html_theme = 'alabaster'
html_theme_options = {
    'description': 'Docker containers as servers of an OpenStack cloud',
    'page_width': '60em',
}
