"""The shell around the router: sessions, storage, delivery, pages and the command line."""
