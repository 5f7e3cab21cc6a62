// What a layer's source shows. Handed to the map only when it differs: each change is drawn anew, and the clock ticks
// every second.
import type { Feature } from "geojson";
import type { GeoJSONSource, Map as MapLibreMap } from "maplibre-gl";
import { await_source } from "./repaints";

/** What was handed over last; a source goes with its style, and what it showed with it. */
const shown = new WeakMap<GeoJSONSource, { features: Feature[]; written: string }>();

export function set_features(map: MapLibreMap, source_id: string, features: Feature[]): void {
  const source = map.getSource(source_id) as GeoJSONSource | undefined;
  if (!source) return;
  const before = shown.get(source);
  // Features that are the same objects are not looked into: writing thousands of them takes its time.
  const is_same = (one: Feature, at: number): boolean => one === before?.features[at];
  if (before?.features.length === features.length && features.every(is_same)) return;
  const written = JSON.stringify(features);
  shown.set(source, { features, written });
  if (before?.written === written) return;
  await_source(map, source_id);
  source.setData({ type: "FeatureCollection", features });
}
