// Closed roads, the shape being drawn, and the way of a crew, on the desk's map.
import type { Feature, FeatureCollection, Geometry, Position } from "geojson";
import type { Map as MapLibreMap } from "maplibre-gl";
import type { DriveRoute, RoadClosure } from "../../src/shared/api/road_model";
import { add_closure_layers } from "../../src/shared/map/closure_layers";
import { set_features } from "../../src/shared/map/features";
import type { Palette } from "../../src/shared/map/palette";

export type DrawnKind = "LineString" | "Polygon";

const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };

export function add_road_layers(map: MapLibreMap, palette: Palette): void {
  for (const source of ["draft", "route"]) {
    if (!map.getSource(source)) map.addSource(source, { type: "geojson", data: NOTHING });
  }
  add_closure_layers(map, palette);
  map.addLayer({
    id: "route",
    type: "line",
    source: "route",
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": palette.crew, "line-width": 4, "line-opacity": 0.85 },
  });
  map.addLayer({
    id: "draft",
    type: "line",
    source: "draft",
    paint: { "line-color": palette.selection, "line-width": 3 },
  });
  map.addLayer({
    id: "draft_points",
    type: "circle",
    source: "draft",
    filter: ["==", ["geometry-type"], "Point"],
    paint: { "circle-radius": 4, "circle-color": palette.selection },
  });
}

export function set_draft(map: MapLibreMap, kind: DrawnKind, points: readonly Position[]): void {
  const features: Feature[] = points.map((at) => feature({ type: "Point", coordinates: at }));
  const [first] = points;
  const line = kind === "Polygon" && first && points.length > 2 ? [...points, first] : [...points];
  if (line.length > 1) features.push(feature({ type: "LineString", coordinates: line }));
  set(map, "draft", features);
}

export function set_route(map: MapLibreMap, route: DriveRoute | null): void {
  const geometry = route?.line.geometry;
  set(map, "route", geometry ? [feature(geometry)] : []);
}

function feature(geometry: Geometry): Feature {
  return { type: "Feature", geometry, properties: {} };
}

function set(map: MapLibreMap, source: string, features: Feature[]): void {
  set_features(map, source, features);
}

/** Lifted ones leave with the log; those whose time is over leave by the clock. */
export function closures_in_force(closures: Iterable<RoadClosure>, now: number): RoadClosure[] {
  return [...closures].filter(({ until }) => !until || Date.parse(until) > now);
}
