// The desk's own layers over the network: the areas without supply, outages, and crews.
import type { Feature, FeatureCollection, Point, Position } from "geojson";
import type { ExpressionSpecification, Map as MapLibreMap } from "maplibre-gl";
import type { OutageStatus } from "../../src/shared/api/model";
import { set_features } from "../../src/shared/map/features";
import type { Palette } from "../../src/shared/map/palette";

const NAMES_FROM_ZOOM = 9;
const CREWS_MADE_TO_ZOOM = 11;
const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };

export type Mark = Feature<
  Point,
  { id: string; image: string; order: number; selected: boolean; status?: OutageStatus; stale?: boolean }
>;

export function add_desk_layers(map: MapLibreMap, palette: Palette): void {
  for (const source of ["area", "crews", "found", "outages"]) {
    // Crews move all the time: from near, fewer and larger tiles are made anew, true to two metres.
    const nearest = source === "crews" ? { maxzoom: CREWS_MADE_TO_ZOOM } : {};
    if (!map.getSource(source)) map.addSource(source, { type: "geojson", data: NOTHING, ...nearest });
  }
  const colour: ExpressionSpecification = [
    "match",
    ["get", "state"],
    "predicted",
    palette.out_predicted,
    "confirmed",
    palette.out_confirmed,
    palette.transformer,
  ];
  // Under the network, so that what lies in the area can be read.
  map.addLayer(
    {
      id: "area",
      type: "fill",
      source: "area",
      paint: {
        "fill-color": colour,
        "fill-opacity": ["case", ["get", "selected"], 0.22, 0.1],
      },
    },
    "line_section",
  );
  map.addLayer({
    id: "area_edge",
    type: "line",
    source: "area",
    filter: ["get", "selected"],
    paint: {
      "line-color": colour,
      "line-width": 1.5,
      "line-dasharray": [3, 2],
    },
  });
  add_found_layer(map, palette);
  // Of very many outages in sight most are spots; a prediction is hollow.
  const status: ExpressionSpecification = [
    "match",
    ["get", "status"],
    ...Object.entries(palette.status).flat(),
    palette.text,
  ] as unknown as ExpressionSpecification;
  const is_predicted: ExpressionSpecification = ["==", ["get", "status"], "predicted"];
  map.addLayer({
    id: "outage_spot",
    type: "circle",
    source: "outages",
    filter: ["==", ["get", "image"], ""],
    layout: { "circle-sort-key": ["get", "order"] },
    paint: {
      "circle-radius": 4,
      "circle-color": ["case", is_predicted, palette.ground, status],
      "circle-stroke-color": ["case", is_predicted, status, palette.ground],
      "circle-stroke-width": ["case", is_predicted, 2, 1],
    },
  });
  // A crew is always there as a spot; its name and what it does only where few are in sight and no other crew's stands,
  // and not from so far away that names would hide the map.
  map.addLayer({
    id: "crew_spot",
    type: "circle",
    source: "crews",
    paint: {
      "circle-radius": 4,
      // One that was not heard of for long is hollow.
      "circle-color": ["case", ["to-boolean", ["get", "stale"]], palette.ground, palette.crew],
      "circle-stroke-color": ["case", ["to-boolean", ["get", "stale"]], palette.crew, palette.ground],
      "circle-stroke-width": ["case", ["to-boolean", ["get", "stale"]], 2, 1],
    },
  });
  map.addLayer({
    id: "crew",
    type: "symbol",
    source: "crews",
    minzoom: NAMES_FROM_ZOOM,
    filter: ["!=", ["get", "image"], ""],
    layout: {
      "icon-image": ["get", "image"],
      "icon-padding": 0,
      "icon-anchor": "left",
      "icon-offset": [-10, 0],
      // Those at work give way to those that could be sent or are on their way.
      "symbol-sort-key": ["get", "order"],
    },
  });
  map.addLayer({
    id: "selected",
    type: "circle",
    source: "outages",
    filter: ["get", "selected"],
    paint: {
      "circle-radius": 26,
      "circle-color": "transparent",
      "circle-stroke-color": palette.selection,
      "circle-stroke-width": 3,
    },
  });
  map.addLayer({
    id: "outage",
    type: "symbol",
    source: "outages",
    filter: ["!=", ["get", "image"], ""],
    layout: {
      "icon-image": ["get", "image"],
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
      "symbol-sort-key": ["get", "order"],
    },
  });
}

/** What was searched for: a ring that leaves it in sight, in the tone of what a person has chosen. */
function add_found_layer(map: MapLibreMap, palette: Palette): void {
  map.addLayer({
    id: "found",
    type: "circle",
    source: "found",
    paint: {
      "circle-radius": 15,
      "circle-color": "transparent",
      "circle-stroke-color": palette.selection,
      "circle-stroke-width": 3,
    },
  });
}

export function set_found(map: MapLibreMap, at: Position | null): void {
  const point = (coordinates: Position): Feature => ({
    type: "Feature",
    geometry: { type: "Point", coordinates },
    properties: {},
  });
  set_features(map, "found", at ? [point(at)] : []);
}

export function set_marks(map: MapLibreMap, source: "outages" | "crews", marks: Mark[]): void {
  set_features(map, source, marks);
}

export function set_areas(map: MapLibreMap, areas: Feature[]): void {
  set_features(map, "area", areas);
}
