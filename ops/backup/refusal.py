"""Why a backup cannot be made, read or put back, in words for the person at the terminal."""


class BackupRefused(Exception):
    """Something that the operator can mend or must know: the message says what, and never what a store holds."""
