"""What trains the embedded reader: labelled and synthetic documents, features, folds. Never part of the service."""
