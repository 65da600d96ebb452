"""What is said between the service and a TILT server. Empty of imports: the TILT process takes one module of it."""
