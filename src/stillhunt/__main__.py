"""`python -m stillhunt` is the command line."""

from stillhunt.cli import main

main()
