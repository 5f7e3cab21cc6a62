// Tags and switched devices on the map: a bar across what nobody may operate, a blade for what stands otherwise than
// normally; drawn, so that each is told by its shape as well as by its colour.
import type { Feature, FeatureCollection } from "geojson";
import type { Map as MapLibreMap } from "maplibre-gl";
import type { Device } from "../../src/shared/api/model";
import type { LoggedTag, SwitchedDevice } from "../../src/shared/api/switching_model";
import { set_features } from "../../src/shared/map/features";
import { PIXEL_RATIO, switch_image } from "../../src/shared/map/marker_images";
import type { Palette } from "../../src/shared/map/palette";

export const SWITCHING_LAYER = "switching";
const SOURCE = "switching";
const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };
const looks = ["open", "closed", "tagged", "tagged_open", "tagged_closed"] as const;
type Look = (typeof looks)[number];

export function add_switching_layer(map: MapLibreMap, palette: Palette): void {
  if (!map.getSource(SOURCE)) map.addSource(SOURCE, { type: "geojson", data: NOTHING });
  for (const look of looks) {
    const image = `switching|${look}`;
    if (!map.hasImage(image)) map.addImage(image, switch_image(look, palette), { pixelRatio: PIXEL_RATIO });
  }
  map.addLayer({
    id: SWITCHING_LAYER,
    type: "symbol",
    source: SOURCE,
    layout: {
      "icon-image": ["get", "image"],
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
      // Above its place, which it leaves in sight, as it does an outage of the same device.
      "icon-anchor": "bottom",
      "icon-offset": [0, -6],
    },
  });
}

export function set_switching(
  map: MapLibreMap,
  switched: readonly SwitchedDevice[],
  tags: Iterable<LoggedTag>,
  known: ReadonlyMap<string, Device | null>,
): void {
  const found = new Map<string, Look>();
  for (const { device, open_phases } of switched) found.set(device, open_phases ? "open" : "closed");
  for (const { device } of tags) {
    const stands = found.get(device);
    if (!stands) found.set(device, "tagged");
    else if (stands === "open" || stands === "closed") found.set(device, `tagged_${stands}`);
  }
  const features: Feature[] = [];
  for (const [id, look] of found) {
    const device = known.get(id);
    if (!device || device.lon === null || device.lat === null) continue;
    features.push({
      type: "Feature",
      geometry: { type: "Point", coordinates: [device.lon, device.lat] },
      properties: { id, image: `switching|${look}` },
    });
  }
  set_features(map, SOURCE, features);
}
