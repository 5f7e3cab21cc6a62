"""Which classes of CIM mean what to Relight. What stands for what is told in docs/formats/cim.md."""

LINES = ("ACLineSegment", "SeriesCompensator", "EquivalentBranch", "Conductor")
SWITCH_KINDS = {
    "Breaker": "breaker",
    "DisconnectingCircuitBreaker": "breaker",
    "Recloser": "recloser",
    "Sectionaliser": "sectionalizer",
    "Fuse": "fuse",
    "Disconnector": "disconnector",
    "GroundDisconnector": "disconnector",
    "LoadBreakSwitch": "switch",
    "CompositeSwitch": "switch",
    "Cut": "switch",
    "Jumper": "switch",
    "MktSwitch": "switch",
    "ProtectedSwitch": "switch",
    "Switch": "switch",
}
TRANSFORMER = "PowerTransformer"
CONSUMERS = ("EnergyConsumer", "ConformLoad", "NonConformLoad", "StationSupply")
# Where supply enters the model; of each row only the first that the model has counts.
SOURCES = (
    ("EnergySource", "ExternalNetworkInjection"),
    ("EquivalentInjection",),
)
# They give power, but do not hold a network up: who is cut off from the sources is out.
GENERATION = (
    "AsynchronousMachine",
    "PowerElectronicsConnection",
    "RotatingMachine",
    "SynchronousMachine",
)
# With one terminal, or none that leads anywhere: nothing behind them is lost by leaving them out.
STANDING_BY = (
    "BusbarSection", "Clamp", "Connector", "FaultIndicator", "FrequencyConverter", "Ground", "Junction",
    "EquivalentShunt", "EarthFaultCompensator", "GroundingImpedance", "PetersenCoil", "ShuntCompensator",
    "LinearShuntCompensator", "NonlinearShuntCompensator", "StaticVarCompensator", "SurgeArrester",
)  # fmt: skip
FEEDER = "Feeder"
