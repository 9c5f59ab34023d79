"""Measurements beside their baselines: every figure comes with one of the same run (`python -m bench --help`)."""
