"""The fields beyond the six: document number, due date, tax number, bank account."""
