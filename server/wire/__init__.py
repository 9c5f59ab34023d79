"""The wire: frames, codes and their coding. Knows nothing of sockets, database or router."""
