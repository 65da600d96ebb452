"""The processes: the API, the TILT server, the worker. None imports another."""
