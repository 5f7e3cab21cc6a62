// Tags, switched devices and what is temporary on the map: a bar across what nobody may operate, a blade for what stands
// otherwise than normally, a ring for a cut, jumper or generator; drawn, so that each is told by its shape as well.
import type { Feature, FeatureCollection } from "geojson";
import type { Map as MapLibreMap } from "maplibre-gl";
import type { Device } from "../../src/shared/api/model";
import type { LoggedTag, SwitchedDevice, TemporaryPlace } from "../../src/shared/api/switching_model";
import { set_features } from "../../src/shared/map/features";
import {
  PIXEL_RATIO,
  switch_image,
  temporary_image,
  temporary_looks,
} from "../../src/shared/map/marker_images";
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
  for (const look of temporary_looks) {
    const image = `temporary|${look}`;
    if (!map.hasImage(image))
      map.addImage(image, temporary_image(look, palette), { pixelRatio: PIXEL_RATIO });
  }
  map.addLayer({
    id: "jumper",
    type: "line",
    source: SOURCE,
    filter: ["==", ["geometry-type"], "LineString"],
    layout: { "line-cap": "round" },
    paint: {
      "line-color": palette.status.partially_restored ?? palette.text,
      "line-width": 3,
      "line-dasharray": [2, 1.5],
    },
  });
  map.addLayer({
    id: SWITCHING_LAYER,
    type: "symbol",
    source: SOURCE,
    filter: ["==", ["geometry-type"], "Point"],
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
  temporary: readonly TemporaryPlace[],
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
  set_features(map, SOURCE, [...features, ...temporary.flatMap(drawn)]);
}

/** A mark at each of its places, and the line of a jumper between its two. */
function drawn({ name, action, lon, lat, to_lon, to_lat }: TemporaryPlace): Feature[] {
  const ends = [
    [lon, lat],
    [to_lon, to_lat],
  ].filter((end): end is [number, number] => end[0] !== null && end[1] !== null);
  const properties = { id: name, is_temporary: true, image: `temporary|${action}` };
  const marks = ends.map(
    (coordinates): Feature => ({
      type: "Feature",
      geometry: { type: "Point", coordinates },
      properties,
    }),
  );
  if (ends.length < 2) return marks;
  return [...marks, { type: "Feature", geometry: { type: "LineString", coordinates: ends }, properties }];
}
