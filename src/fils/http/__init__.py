"""The HTTP server around the application: its socket and signals, what a connection may hold, which names it knows."""
