// Closed roads and flooded areas on a map: the same dotted line at the desk and on a crew's phone.
import type { Map as MapLibreMap } from "maplibre-gl";
import type { RoadClosure } from "../api/road_model";
import { set_features } from "./features";
import type { Palette } from "./palette";

export const CLOSURE_LAYERS = ["closure_area", "closure_line"];

export function add_closure_layers(map: MapLibreMap, palette: Palette): void {
  if (!map.getSource("closures")) {
    map.addSource("closures", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  }
  const colour = palette.status.partially_restored ?? palette.text;
  map.addLayer({
    id: "closure_area",
    type: "fill",
    source: "closures",
    filter: ["==", ["geometry-type"], "Polygon"],
    paint: { "fill-color": colour, "fill-opacity": 0.18 },
  });
  map.addLayer({
    id: "closure_line",
    type: "line",
    source: "closures",
    layout: { "line-cap": "round" },
    paint: { "line-color": colour, "line-width": 5, "line-dasharray": [0.4, 1.6] },
  });
}

export function set_closures(map: MapLibreMap, closures: readonly RoadClosure[]): void {
  set_features(
    map,
    "closures",
    closures.map(({ id, geometry }) => ({ type: "Feature", geometry, properties: { id } })),
  );
}
