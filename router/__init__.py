"""The pure core: who gets which conversation, and why. No I/O, no await, no clock, no unseeded randomness, no logging."""
