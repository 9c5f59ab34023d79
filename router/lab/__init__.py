"""The lab: the router itself under a virtual clock, with random or recorded traffic, measured and beside closed forms.

Pure like the rest of `router/`: whoever runs it brings the plan, a clock of the processor if its cost is to be known,
and a place for the result. `plan` says what is simulated, `traffic` makes it, `run` lets it happen, `tally` counts,
`result` turns the counts into figures with their errors, `erlang` and `reference` know what must come out.
"""
