// The map's style: our own ground and the network from our own tiles, with nothing from any other host.
// What is out, blamed or dead reaches the features as feature state (`out`, `blamed`, `dead` with `is_partly_dead`), so
// tiles never change.
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { ByVoltage, Palette } from "./palette";
import { tile_address } from "./tile_address";

export const NETWORK = "network";
const HIGHEST_TILE_ZOOM = 17;

export type NetworkLayer = "line_section" | "switch" | "transformer" | "service_point";

/** The layer of the tiles that a device of a kind stands in. */
export function layer_of(device_kind: string): NetworkLayer {
  switch (device_kind) {
    case "overhead":
    case "underground":
      return "line_section";
    case "station":
    case "distribution":
    case "regulator":
      return "transformer";
    case "service_point":
      return "service_point";
    default:
      return "switch";
  }
}

export function network_style(network_version: number, palette: Palette): StyleSpecification {
  return {
    version: 8,
    sources: {
      [NETWORK]: {
        type: "vector",
        tiles: [`${location.origin}${tile_address(network_version, "{z}/{x}/{y}")}`],
        maxzoom: HIGHEST_TILE_ZOOM,
        promoteId: "id",
      },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": palette.ground } },
      lines(palette),
      groups(palette),
      // Low-voltage grids have a switch at every joint: those that tell little wait for a closer look.
      switches("switch_minor", palette, ["!", tells_much], 16.5),
      transformers(palette),
      switches("switch", palette, tells_much, 14),
      service_points(palette),
    ],
  };
}

/** Switches that protect, or that could feed from elsewhere. */
const tells_much: ExpressionSpecification = [
  "any",
  ["in", ["get", "kind"], ["literal", ["breaker", "recloser", "sectionalizer", "fuse"]]],
  ["to-boolean", ["get", "normally_open"]],
];

/** Voltages (kV) from which a line is drawn deeper and broader; below, and where it is not known, it is quiet. */
const VOLTAGE_STEPS = [1.001, 35, 220] as const;
/** How much broader, by those steps; what is blamed comes out whatever its voltage. */
const BREADTHS = [1, 1.4, 2, 2.6] as const;
const BREADTH_BLAMED = 2.8;
/** Of each of the two lines that one is drawn as where only some phases are gone. */
const BREADTH_PARTLY = 0.8;

const nominal_kv: ExpressionSpecification = ["to-number", ["get", "nominal_kv"], 0];

/** One of four values: up to 1 kV or unknown, above 1 kV, from 35 kV, from 220 kV. */
function by_voltage<T extends string | number>([lowest, ...higher]: ByVoltage<T>): ExpressionSpecification {
  const steps = VOLTAGE_STEPS.flatMap((from_kv, at) => [from_kv, higher[at]]);
  return ["step", nominal_kv, lowest, ...steps] as unknown as ExpressionSpecification;
}

const line_breadth: ExpressionSpecification = [
  "case",
  ["to-boolean", ["feature-state", "blamed"]],
  BREADTH_BLAMED,
  ["to-boolean", ["feature-state", "is_partly_dead"]],
  BREADTH_PARTLY,
  by_voltage(BREADTHS),
];

function lines(palette: Palette): LayerSpecification {
  return {
    id: "line_section",
    type: "line",
    source: NETWORK,
    "source-layer": "line_section",
    // Higher voltages lie over lower ones.
    layout: { "line-cap": "round", "line-sort-key": nominal_kv },
    paint: {
      "line-color": colour_by_state(
        palette,
        "blamed",
        colour_by_state(palette, "dead", [
          "match",
          ["get", "kind"],
          "underground",
          by_voltage(palette.underground),
          by_voltage(palette.overhead),
        ]),
      ),
      // Where only some phases are gone, the line is two thin ones.
      "line-gap-width": ["case", ["to-boolean", ["feature-state", "is_partly_dead"]], 2.5, 0],
      // From very far there are few lines, each a long one.
      "line-width": by_zoom_times(line_breadth, [7, 1], [10, 0.4], [13, 0.8], [15, 1.6], [18, 4]),
    },
  };
}

/** Where people live, from afar: a spot for each group of service points, larger for more of them. */
function groups(palette: Palette): LayerSpecification {
  const share: ExpressionSpecification = ["sqrt", ["to-number", ["get", "service_points"], 0]];
  return {
    id: "service_point_group",
    type: "circle",
    source: NETWORK,
    "source-layer": "service_point_group",
    minzoom: 10,
    maxzoom: 14,
    paint: {
      "circle-color": palette.service_point,
      "circle-opacity": 0.25,
      "circle-radius": ["interpolate", ["linear"], share, 0, 1, 20, 7],
    },
  };
}

function service_points(palette: Palette): LayerSpecification {
  return {
    id: "service_point",
    type: "circle",
    source: NETWORK,
    "source-layer": "service_point",
    minzoom: 14,
    paint: {
      "circle-color": colour_by_state(palette, "out", palette.service_point),
      // What is out is larger too: not by colour alone.
      "circle-radius": by_zoom_and_out([14, 0.8, 2.4], [15, 1.4, 3.2], [17, 3, 6], [19, 5, 9]),
      "circle-stroke-color": palette.ground,
      "circle-stroke-width": by_zoom([15, 0], [16.5, 1]),
    },
  };
}

function transformers(palette: Palette): LayerSpecification {
  return {
    id: "transformer",
    type: "circle",
    source: NETWORK,
    "source-layer": "transformer",
    minzoom: 12,
    paint: {
      "circle-color": colour_by_state(palette, "blamed", palette.ground),
      // Where voltages are known, those of substations are larger.
      "circle-radius": by_zoom_times(by_voltage([1, 1, 1.7, 2]), [12, 1.5], [14, 3], [17, 6]),
      "circle-stroke-color": colour_by_state(palette, "blamed", palette.transformer),
      "circle-stroke-width": by_zoom([12, 1], [15, 2]),
    },
  };
}

function switches(
  id: string,
  palette: Palette,
  filter: ExpressionSpecification,
  minzoom: number,
): LayerSpecification {
  return {
    id,
    type: "circle",
    source: NETWORK,
    "source-layer": "switch",
    filter,
    minzoom,
    paint: {
      // Closed is full, normally open is hollow, as on any single-line diagram.
      "circle-color": colour_by_state(palette, "blamed", [
        "case",
        ["to-boolean", ["get", "normally_open"]],
        palette.ground,
        palette.switch,
      ]),
      "circle-radius": by_zoom([14, 1.5], [16, 2.5], [18, 4.5]),
      "circle-stroke-color": colour_by_state(palette, "blamed", palette.switch),
      "circle-stroke-width": by_zoom([14, 0.8], [17, 1.5]),
    },
  };
}

type Stop = [zoom: number, value: number];

function by_zoom(...stops: Stop[]): ExpressionSpecification {
  return ["interpolate", ["linear"], ["zoom"], ...stops.flat()] as unknown as ExpressionSpecification;
}

function by_zoom_times(factor: ExpressionSpecification, ...stops: Stop[]): ExpressionSpecification {
  const parts = stops.flatMap(([zoom, value]) => [zoom, ["*", factor, value]]);
  return ["interpolate", ["linear"], ["zoom"], ...parts] as unknown as ExpressionSpecification;
}

function by_zoom_and_out(...stops: [zoom: number, supplied: number, out: number][]): ExpressionSpecification {
  const is_out: ExpressionSpecification = ["to-boolean", ["feature-state", "out"]];
  const parts = stops.flatMap(([zoom, supplied, out]) => [zoom, ["case", is_out, out, supplied]]);
  return ["interpolate", ["linear"], ["zoom"], ...parts] as unknown as ExpressionSpecification;
}

/** The colour by what the feature state says of the feature: out, blamed or dead, by a confirmed outage or a predicted one. */
function colour_by_state(
  palette: Palette,
  name: "out" | "blamed" | "dead",
  otherwise: string | ExpressionSpecification,
): ExpressionSpecification {
  const state: ExpressionSpecification = ["feature-state", name];
  return [
    "case",
    ["==", state, "confirmed"],
    palette.out_confirmed,
    ["==", state, "predicted"],
    palette.out_predicted,
    otherwise,
  ];
}
