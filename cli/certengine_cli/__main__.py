"""``python -m certengine_cli``."""

from certengine_cli.main import main

main()
