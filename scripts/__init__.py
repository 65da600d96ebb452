"""What a developer or operator runs by hand: `python -m scripts.<name>`, mostly behind a make target."""
