"""Which commands and classes of OpenDSS a network file may use, and what becomes of the others.

A network file is a program for the engine. Only what builds the circuit is run; what writes files,
starts programs or loads libraries never reaches the engine. docs/formats/opendss.md tells it to users.
Runs in the child process, so it imports nothing but the standard library.
"""

# Handed to the engine.
BUILDING = frozenset({
    "new", "edit", "more", "m", "~", "select", "enable", "disable", "open", "close", "clear", "clearall",
    "makebuslist", "reprocessbuses", "calcvoltagebases", "setkvbase", "batchedit", "var",
})  # fmt: skip
# Done by us instead, so that we know the file and the line.
FOLLOWED = frozenset({"redirect", "compile", "buscoords", "latlongcoords", "setbusxy", "cd", "set", "quit"})
# These change the network in ways we do not follow: the reader is told. All other commands compute or show.
CHANGING = frozenset({
    "makeposseq", "reduce", "interpolate", "rotate", "reconductor", "setloadandgenkv", "rephase", "obfuscate",
    "remove", "clone", "giscoords", "doscmd", "fileedit", "formedit", "userclasses", "newactor",
})  # fmt: skip
# An error in one of these leaves a nominal voltage unknown, and nothing else.
FORGIVEN = frozenset({"calcvoltagebases", "setkvbase"})

# Options that matter to what is connected to what; the others steer solutions and reports.
OPTIONS = frozenset({"voltagebases", "defaultbasefrequency", "allowduplicates"})

# Built with all their properties.
BUILT = frozenset({
    "circuit", "line", "linecode", "linegeometry", "linespacing", "wiredata", "cndata", "tsdata",
    "transformer", "xfmrcode", "autotrans", "regcontrol", "load", "vsource", "reactor", "capacitor",
    "relay", "recloser", "fuse", "swtcontrol",
})  # fmt: skip
# Built with these properties only: where a feeder begins is wanted, the files that a meter saves are not.
TRIMMED = {"energymeter": ("element", "terminal")}
# Built by name alone, so that loads and devices may refer to them: their properties read and write files.
NAMED = frozenset({"loadshape", "tshape", "priceshape", "xycurve", "growthshape", "tcc_curve", "spectrum"})
# Elements that stand in the network and are left out: the reader is told.
GENERATION = frozenset({"generator", "pvsystem", "storage", "indmach012", "isource", "gicsource"})
UNREAD = frozenset({"vccs", "upfc", "gicline", "gictransformer", "vsconverter", "fault"})
# Every other class controls or measures.
