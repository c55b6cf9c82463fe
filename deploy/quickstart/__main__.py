"""Run the command line: ``python -m deploy.quickstart``."""

from deploy.quickstart import cli

cli.main()
