"""Load for a running service, and what came of it."""
