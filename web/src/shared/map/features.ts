// What a layer's source shows. Handed to the map only when it differs: each change is drawn anew, and the clock ticks
// every second.
import type { Feature } from "geojson";
import type { GeoJSONSource, Map as MapLibreMap } from "maplibre-gl";

/** What was handed over last; a source goes with its style, and what it showed with it. */
const shown = new WeakMap<GeoJSONSource, string>();

export function set_features(map: MapLibreMap, source_id: string, features: Feature[]): void {
  const source = map.getSource(source_id) as GeoJSONSource | undefined;
  if (!source) return;
  const written = JSON.stringify(features);
  if (shown.get(source) === written) return;
  shown.set(source, written);
  source.setData({ type: "FeatureCollection", features });
}
