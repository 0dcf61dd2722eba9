"""Keep what a vendor library changes for the whole process when it's imported.

Importing junos-eznc replaces the encoder of :mod:`json`, switches off YAML aliases and adds a
representer to both YAML dumpers (jnpr/junos/__init__.py); reports and testbeds must not depend
on whether a driver was opened before them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import yaml

_ABSENT = object()
_PATCHED: tuple[tuple[object, str], ...] = (
    (json, "_default_encoder"),
    (yaml.Dumper, "ignore_aliases"),
    (yaml.SafeDumper, "ignore_aliases"),
    (yaml.Dumper, "yaml_multi_representers"),
    (yaml.SafeDumper, "yaml_multi_representers"),
)
_VENDORS = ("jnpr", "ncclient", "netmiko", "paramiko")


@contextmanager
def process_defaults_kept() -> Iterator[None]:
    """Restore the patched attributes on leaving, whether they were set or inherited before."""
    before = [vars(owner).get(name, _ABSENT) for owner, name in _PATCHED]
    try:
        yield
    finally:
        for (owner, name), value in zip(_PATCHED, before, strict=True):
            if value is not _ABSENT:
                setattr(owner, name, value)
            elif name in vars(owner):
                delattr(owner, name)


def quiet_vendor_loggers() -> None:
    """Keep the libraries' records from the root logger: they can hold requests, keys included.

    Who wants them sets a level and attaches a handler on the library's own logger.
    """
    for name in _VENDORS:
        logger = logging.getLogger(name)
        logger.propagate = False
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.WARNING)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
