// Dangers to people on the map: a warning triangle above everything else, so that none is hidden by an outage.
import type { FeatureCollection } from "geojson";
import type { Map as MapLibreMap } from "maplibre-gl";
import type { LoggedHazard } from "../../src/shared/api/hazard_model";
import { set_features } from "../../src/shared/map/features";
import { hazard_image, PIXEL_RATIO } from "../../src/shared/map/marker_images";
import type { Palette } from "../../src/shared/map/palette";

export const HAZARD_LAYER = "hazard";
const SOURCE = "hazards";
const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };

export function add_hazard_layer(map: MapLibreMap, palette: Palette): void {
  if (!map.getSource(SOURCE)) map.addSource(SOURCE, { type: "geojson", data: NOTHING });
  for (const level of [1, 2, 3]) {
    const image = `hazard|${level}`;
    if (!map.hasImage(image)) map.addImage(image, hazard_image(level, palette), { pixelRatio: PIXEL_RATIO });
  }
  map.addLayer({
    id: HAZARD_LAYER,
    type: "symbol",
    source: SOURCE,
    layout: { "icon-image": ["get", "image"], "icon-allow-overlap": true, "icon-anchor": "bottom" },
  });
}

export function set_hazards(map: MapLibreMap, hazards: Iterable<LoggedHazard>): void {
  const features = [...hazards].flatMap(({ id, level, lon, lat }) =>
    lon === undefined || lat === undefined
      ? []
      : [
          {
            type: "Feature" as const,
            geometry: { type: "Point" as const, coordinates: [lon, lat] },
            properties: { id, image: `hazard|${level}` },
          },
        ],
  );
  set_features(map, SOURCE, features);
}
