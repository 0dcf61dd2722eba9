"""The shape of a whole testbed file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from harness.testbed.events_shape import EventsShape
from harness.testbed.fleet_shape import AnyDeployment, AnyFleet, FleetName
from harness.testbed.shape import KEBAB, AnyDevice, Name, Shape, TestbedHead


class TestbedFile(Shape):
    """A lab: what holds for all devices, the devices by name, and what is built of many."""

    __test__ = False  # pytest must not take the name for a test class

    testbed: TestbedHead
    claims: dict[Annotated[str, Field(pattern=KEBAB)], Annotated[int, Field(ge=1)]] | None = Field(
        default=None, description="your values for claims that the document leaves blank"
    )
    events: EventsShape | None = Field(
        default=None, description="where devices send log events, and how many are played"
    )
    devices: Annotated[dict[Name, AnyDevice], Field(min_length=1)] | None = None
    fleets: Annotated[dict[FleetName, AnyFleet], Field(min_length=1)] | None = Field(
        default=None, description="many alike devices by the name that theirs begin with"
    )
    deployments: Annotated[dict[Name, AnyDeployment], Field(min_length=1)] | None = Field(
        default=None, description="what is built of many devices, and the claim that it speaks to"
    )
