"""How much memory the columns of all companies may take together: set without numpy, which takes long to load."""

from typing import Final

MOST_MB: Final = 1_024


class Room:
    """`most_mb` in megabytes; 0 keeps nothing."""

    def __init__(self) -> None:
        self.most_mb = MOST_MB


ROOM: Final = Room()
