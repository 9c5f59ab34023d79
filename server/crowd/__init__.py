"""Simulated visitors for the demo: they come over real sockets, as anybody would, and the server cannot tell."""
