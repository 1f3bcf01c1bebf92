"""The two kinds of backup: they stand in targets of their own, under day keys of their own, for times of their own."""

from enum import StrEnum


class Kind(StrEnum):
    """What a backup holds: the databases, or the keys that their sealed columns are opened with."""

    DATA = "data"
    SUBJECT_KEYS = "subject-keys"
