"""Why the launcher will not start, in words for the person at the terminal."""


class LaunchRefused(Exception):
    """Something that the operator can mend: the message says what and how."""
