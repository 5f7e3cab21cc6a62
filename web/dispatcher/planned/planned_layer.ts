// Planned work on the map, at the device it is about: what is under way, and what begins within a day.
import type { Feature, FeatureCollection } from "geojson";
import type { Map as MapLibreMap } from "maplibre-gl";
import type { Device } from "../../src/shared/api/model";
import type { PlannedOutage } from "../../src/shared/api/planned_model";
import { set_features } from "../../src/shared/map/features";
import { PIXEL_RATIO, planned_image } from "../../src/shared/map/marker_images";
import type { Palette } from "../../src/shared/map/palette";

export const PLANNED_LAYER = "planned";
const SOURCE = "planned";
const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };

export function add_planned_layer(map: MapLibreMap, palette: Palette): void {
  if (!map.getSource(SOURCE)) map.addSource(SOURCE, { type: "geojson", data: NOTHING });
  for (const is_under_way of [true, false]) {
    const image = `planned|${is_under_way}`;
    if (!map.hasImage(image))
      map.addImage(image, planned_image(is_under_way, palette), { pixelRatio: PIXEL_RATIO });
  }
  map.addLayer({
    id: PLANNED_LAYER,
    type: "symbol",
    source: SOURCE,
    layout: {
      "icon-image": ["get", "image"],
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
      // Beside its place, which it leaves in sight, as it does an outage of the same device.
      "icon-anchor": "left",
      "icon-offset": [8, 0],
    },
  });
}

export function set_planned(
  map: MapLibreMap,
  planned: readonly PlannedOutage[],
  known: ReadonlyMap<string, Device | null>,
): void {
  const features: Feature[] = [];
  for (const { id, device, status } of planned) {
    const { lon, lat } = known.get(device ?? "") ?? { lon: null, lat: null };
    if (lon === null || lat === null) continue;
    features.push({
      type: "Feature",
      geometry: { type: "Point", coordinates: [lon, lat] },
      properties: { id, image: `planned|${status === "executing"}` },
    });
  }
  set_features(map, SOURCE, features);
}
