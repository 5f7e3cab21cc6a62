"""What a crew drives, and what that lets it do. Pure."""

from __future__ import annotations

from enum import StrEnum


class VehicleKind(StrEnum):
    """The kind of vehicle a crew has with it."""

    BUCKET_TRUCK = "bucket_truck"
    TRUCK = "truck"
    CABLE_VAN = "cable_van"
    GENERATOR = "generator"


class Capability(StrEnum):
    """Something that takes the vehicle, beside the people."""

    LIFT = "lift"  # work on poles without climbing
    HAUL = "haul"  # poles, transformers, cable
    LOCATE_CABLE_FAULT = "locate_cable_fault"
    SUPPLY = "supply"  # electricity for those who cannot wait


CAPABILITIES: dict[VehicleKind, tuple[Capability, ...]] = {
    VehicleKind.BUCKET_TRUCK: (Capability.LIFT, Capability.HAUL),
    VehicleKind.TRUCK: (Capability.HAUL,),
    VehicleKind.CABLE_VAN: (Capability.LOCATE_CABLE_FAULT,),
    VehicleKind.GENERATOR: (Capability.SUPPLY,),
}
