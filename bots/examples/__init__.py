"""Bots to start from; each is a program: ``python -m bots.examples.echo``."""
