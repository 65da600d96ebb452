"""What is said between the service and a TILT server.

`protocol` and `chat_protocol` are the wire models, which the server shares: nothing is imported here, as it takes no
more of the service. `exchange` speaks both for `tilt_client.py`, over a `connection`, with a `circuit_breaker`;
`health` knows whether the server answers; `chat_amounts` are amounts as chat answers write them.
"""
