"""One connection's life: its protocol, its outbox, its socket; and the hub that reaches them all."""
