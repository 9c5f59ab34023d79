"""How the parts of a node, and later the nodes, hear of what happened."""
