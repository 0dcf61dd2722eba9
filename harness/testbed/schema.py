"""JSON Schema (draft 2020-12) of a testbed file, made from the models in :mod:`.file_shape`.

It says what one device needs on its own, so that an editor can help. What spans devices (an
address twice, a JDM without its gateway, a literal password inherited by a real device, a
deployment that nobody plays) only the loader sees.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import DictSchema

from harness.testbed.file_shape import TestbedFile

Schema = dict[str, Any]


class _Plain(GenerateJsonSchema):
    """Without the titles that only repeat the key, and closed where keys have a form."""

    def dict_schema(self, schema: DictSchema) -> Schema:
        made = super().dict_schema(schema)
        if "patternProperties" in made:
            made["additionalProperties"] = False
        return made

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic's hook
        return False


def _when(platform: str | list[str], then: Schema, **also: object) -> Schema:
    names = [platform] if isinstance(platform, str) else platform
    condition: Schema = {"platform": {"enum": names}}
    condition |= {key: {"const": value} for key, value in also.items()}
    return {
        "if": {"properties": condition, "required": list(condition)},
        "then": then,
    }


def _absent(*keys: str) -> Schema:
    return {"properties": {key: {"type": "null"} for key in keys}}


def _present(*keys: str) -> Schema:
    return {
        "properties": {key: {"not": {"type": "null"}} for key in keys},
        "required": list(keys),
    }


_JDM: Schema = {"properties": {"type": {"const": "jdm"}}, "required": ["type"]}
_COMPUTE: Schema = {"properties": {"type": {"const": "compute"}}, "required": ["type"]}
_NODE: Schema = {
    "properties": {"platform": {"const": "compute-node"}, "os": {"const": "linux"}},
    "allOf": [_absent("underlay", "chassis", "emulates"), _present("os")],
}
_ELSE: Schema = {"if": _COMPUTE, "then": _NODE, "else": _present("underlay")}
_ZONED = ["nfx250", "srx4100", "srx4200", "vsrx"]
_DEVICE_RULES: list[Schema] = [
    _when(["nfx250", "srx4100", "srx4200"], _absent("emulates")),
    _when(["srx4100", "srx4200", "vsrx", "vmx"], _absent("chassis")),
    {
        "if": _JDM,
        "then": {
            "properties": {"platform": {"const": "nfx250"}},
            "allOf": [_absent("underlay"), _present("chassis")],
        },
        "else": _ELSE,
    },
    _when("vmx", {"properties": {"underlay": _absent("external_zone")}}),
    _when(
        _ZONED,
        {
            "properties": {
                "underlay": {
                    "if": {"type": "object"},
                    "then": _present("external_zone"),
                }
            }
        },
    ),
]


_FLEET_RULES: list[Schema] = [
    _DEVICE_RULES[0],
    {
        "if": _JDM,
        "then": {
            "properties": {"platform": {"const": "nfx250"}},
            "allOf": [_absent("underlay")],
        },
        "else": _ELSE,
    },
    *_DEVICE_RULES[3:],
]


@cache
def schema() -> Schema:
    """Return the schema; the caller must not change it."""
    made = TestbedFile.model_json_schema(by_alias=True, schema_generator=_Plain)
    for name in ("SimulatedDevice", "RealDevice"):
        made["$defs"][name]["allOf"] = _DEVICE_RULES
    for name in ("SimulatedFleet", "RealFleet"):
        made["$defs"][name]["allOf"] = _FLEET_RULES
    made["anyOf"] = [_present("devices"), _present("fleets")]
    made["$defs"]["Login"]["anyOf"] = [_present("password"), _present("key_file")]
    made["$defs"]["Connections"]["anyOf"] = [_present("netconf"), _present("cli")]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "Testbed",
    }


def schema_text() -> str:
    """Return the schema as indented JSON with a final newline, the same text every time."""
    # An encoder of our own: importing junos-eznc replaces the process-wide default one.
    return json.JSONEncoder(indent=2, ensure_ascii=False).encode(schema()) + "\n"
