"""Scenarios as people write them: read, checked, made into plans for `router.lab`, and the results shown to people."""
