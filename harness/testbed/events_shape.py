"""The shape of ``events``: where devices send their log events, and how many are played."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from harness.testbed.shape import ADDRESS, ZONE, Port, Shape

Seconds = Annotated[float, Field(ge=0.5, le=86_400)]


class EventFaultsShape(Shape):
    """What goes wrong on purpose with the events of simulated CPEs, to see that it's told."""

    lost: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    garbled: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class EventsShape(Shape):
    """How log events are collected from devices, and the load of simulated CPEs."""

    collector: Annotated[str, Field(pattern=ADDRESS)] | None = Field(
        default=None,
        description="address of this machine as the devices reach it; left out: loopback",
    )
    port: Port | None = Field(
        default=None, description="that the collector listens on; left out: any free one"
    )
    transport: Literal["tcp", "udp"] = "tcp"
    seconds: Seconds = Field(default=2.0, description="for which events are counted")
    cpes: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=100, description="simulated CPEs that take turns"
    )
    rate: Annotated[int, Field(ge=1, le=10_000_000)] = Field(
        default=1000, description="events per second of all of them, where no number is claimed"
    )
    zone: Annotated[str, Field(pattern=ZONE)] | None = Field(
        default=None, description="whose sessions a device tracks; left out: its external zone"
    )
    faults: EventFaultsShape | None = Field(
        default=None, description="so many events of simulated CPEs are lost or garbled"
    )
