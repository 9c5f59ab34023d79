"""`python -m server` is the command `frontdesk`."""

from server.cli import main

main()
