// A trace on the map: a band under the network's lines, so that these and what is out on them can still be read.
import type { Feature, FeatureCollection } from "geojson";
import type { Map as MapLibreMap } from "maplibre-gl";
import type { NetworkTrace } from "../../src/shared/api/trace_model";
import { set_features } from "../../src/shared/map/features";
import type { Palette } from "../../src/shared/map/palette";

const SOURCE = "trace";
const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };

export function add_trace_layer(map: MapLibreMap, palette: Palette): void {
  if (!map.getSource(SOURCE)) map.addSource(SOURCE, { type: "geojson", data: NOTHING });
  map.addLayer(
    {
      id: "trace",
      type: "line",
      source: SOURCE,
      filter: ["!=", ["geometry-type"], "Point"],
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": palette.selection, "line-width": 8, "line-opacity": 0.45 },
    },
    "line_section",
  );
  map.addLayer(
    {
      id: "trace_devices",
      type: "circle",
      source: SOURCE,
      filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": 9, "circle-color": palette.selection, "circle-opacity": 0.45 },
    },
    "line_section",
  );
}

export function set_trace(map: MapLibreMap, trace: NetworkTrace | null): void {
  const drawn = trace?.drawn;
  const parts = !drawn ? [] : drawn.type === "GeometryCollection" ? drawn.geometries : [drawn];
  set_features(
    map,
    SOURCE,
    parts.map((geometry): Feature => ({ type: "Feature", geometry, properties: {} })),
  );
}
