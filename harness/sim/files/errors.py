"""Why a file operation was refused, in the words of the operating system."""

from __future__ import annotations

from enum import Enum


class Reason(Enum):
    """The texts of FreeBSD's errors, which the shell, the CLI and file transfer all print."""

    MISSING = "No such file or directory"
    EXISTS = "File exists"
    NOT_A_DIRECTORY = "Not a directory"
    IS_A_DIRECTORY = "Is a directory"
    NOT_EMPTY = "Directory not empty"
    NO_SPACE = "No space left on device"
    READ_ONLY = "Read-only file system"
    NAME_TOO_LONG = "File name too long"
    INVALID = "Invalid argument"


class FileError(Exception):
    """A file operation failed; ``path`` is as the user gave it, or absolute."""

    def __init__(self, reason: Reason, path: str) -> None:
        super().__init__(f"{path}: {reason.value}")
        self.reason = reason
        self.path = path
