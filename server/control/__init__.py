"""Running a Frontdesk from the command line: what can be asked, the doing of it, and the socket it is asked through."""
