// The map's style: our own ground and the network from our own tiles, with nothing from any other host.
// What is out or blamed reaches the features as feature state (`out`, `blamed`), so tiles never change.
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { Palette } from "./palette";

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
        tiles: [`${location.origin}/api/tiles/${network_version}/{z}/{x}/{y}.mvt`],
        maxzoom: HIGHEST_TILE_ZOOM,
        promoteId: "id",
      },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": palette.ground } },
      ...line_layers(palette),
      service_points(palette),
      transformers(palette),
      switches(palette),
    ],
  };
}

function line_layers(palette: Palette): LayerSpecification[] {
  const width = by_zoom([10, 0.6], [13, 1], [15, 1.8], [18, 4]);
  return [
    {
      id: "line_section",
      type: "line",
      source: NETWORK,
      "source-layer": "line_section",
      layout: { "line-cap": "round" },
      paint: {
        "line-color": ["match", ["get", "kind"], "underground", palette.underground, palette.overhead],
        "line-width": width,
      },
    },
  ];
}

function service_points(palette: Palette): LayerSpecification {
  return {
    id: "service_point",
    type: "circle",
    source: NETWORK,
    "source-layer": "service_point",
    minzoom: 15,
    paint: {
      "circle-color": out_colour(palette, palette.service_point),
      // What is out is larger too: not by colour alone.
      "circle-radius": by_zoom_and_out([15, 1.6, 4], [17, 3, 6.5], [19, 5, 9]),
      "circle-stroke-color": palette.ground,
      "circle-stroke-width": 1,
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
      "circle-color": blamed_colour(palette, palette.ground),
      "circle-radius": by_zoom([12, 1.5], [14, 3], [17, 6]),
      "circle-stroke-color": blamed_colour(palette, palette.transformer),
      "circle-stroke-width": by_zoom([12, 1], [15, 2]),
    },
  };
}

function switches(palette: Palette): LayerSpecification {
  return {
    id: "switch",
    type: "circle",
    source: NETWORK,
    "source-layer": "switch",
    minzoom: 14,
    paint: {
      // Closed is full, normally open is hollow, as on any single-line diagram.
      "circle-color": blamed_colour(palette, [
        "case",
        ["to-boolean", ["get", "normally_open"]],
        palette.ground,
        palette.switch,
      ]),
      "circle-radius": by_zoom([14, 2], [17, 4.5]),
      "circle-stroke-color": blamed_colour(palette, palette.switch),
      "circle-stroke-width": 1.5,
    },
  };
}

type Stop = [zoom: number, value: number];

function by_zoom(...stops: Stop[]): ExpressionSpecification {
  return ["interpolate", ["linear"], ["zoom"], ...stops.flat()] as unknown as ExpressionSpecification;
}

function by_zoom_and_out(...stops: [zoom: number, supplied: number, out: number][]): ExpressionSpecification {
  const is_out: ExpressionSpecification = ["to-boolean", ["feature-state", "out"]];
  const parts = stops.flatMap(([zoom, supplied, out]) => [zoom, ["case", is_out, out, supplied]]);
  return ["interpolate", ["linear"], ["zoom"], ...parts] as unknown as ExpressionSpecification;
}

type Colour = string | ExpressionSpecification;

function out_colour(palette: Palette, supplied: Colour): ExpressionSpecification {
  const state: ExpressionSpecification = ["feature-state", "out"];
  return [
    "case",
    ["==", state, "confirmed"],
    palette.out_confirmed,
    ["==", state, "predicted"],
    palette.out_predicted,
    supplied,
  ];
}

function blamed_colour(palette: Palette, otherwise: Colour): ExpressionSpecification {
  const state: ExpressionSpecification = ["feature-state", "blamed"];
  return [
    "case",
    ["==", state, "confirmed"],
    palette.out_confirmed,
    ["==", state, "predicted"],
    palette.out_predicted,
    otherwise,
  ];
}
