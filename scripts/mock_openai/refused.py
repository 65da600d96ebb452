"""The exception by which an endpoint of the mock gives another answer than it was asked for."""

from fastapi import Response


class Refused(Exception):
    """A request gets another answer than it asked for.

    Attributes:
        response: The answer it gets.
    """

    def __init__(self, response: Response) -> None:
        super().__init__(f"status {response.status_code}")
        self.response = response
