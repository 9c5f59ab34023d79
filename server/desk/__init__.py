"""The desk: what a conversation is, who may do what, and the engine that runs the router and commits its decisions."""
