// Calls on the map: a small bubble where somebody called, with how long ago; many in one place are one, with their number.
import type { Feature, FeatureCollection } from "geojson";
import type {
  ExpressionSpecification,
  GeoJSONSource,
  MapGeoJSONFeature,
  Map as MapLibreMap,
} from "maplibre-gl";
import type { CallMark } from "../../src/shared/api/caller_model";
import { set_features } from "../../src/shared/map/features";
import { type CallLook, call_image, PIXEL_RATIO } from "../../src/shared/map/marker_images";
import type { Palette } from "../../src/shared/map/palette";
import { duration } from "../../src/shared/words/times";

export const CALL_LAYER = "call";
const SOURCE = "calls";
const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };
const MINUTE_MS = 60_000;
const FRESH_MINUTES = 10;
/** How long ago is said in these steps (minutes), so that there are few pictures. */
const AGES = [1, 2, 5, 10, 20, 30, 45, 60, 120, 240, 480, 1_440];

/** How many calls a bubble stands for, in few words: to the hundred exactly. */
const count_words: ExpressionSpecification = [
  "step",
  ["get", "calls"],
  ["concat", "×", ["to-string", ["get", "calls"]]],
  ...[100, 200, 500, 1_000, 2_000, 5_000, 10_000].flatMap((from) => [from, `${from}+`]),
] as unknown as ExpressionSpecification;

/** The name of a picture says all that is drawn on it: image_of reads it. */
const of_several: ExpressionSpecification = [
  "concat",
  "call|",
  ["case", [">", ["get", "hazards"], 0], "hazard", "out"],
  "|",
  ["case", [">", ["get", "fresh"], 0], "fresh", "older"],
  "|",
  count_words,
];

export function add_call_layer(map: MapLibreMap, palette: Palette): void {
  if (!map.getSource(SOURCE))
    map.addSource(SOURCE, {
      type: "geojson",
      data: NOTHING,
      cluster: true,
      clusterRadius: 40,
      clusterMaxZoom: 15,
      clusterProperties: {
        calls: ["+", ["get", "calls"]],
        hazards: ["+", ["get", "hazards"]],
        fresh: ["+", ["get", "fresh"]],
      },
    });
  map.addLayer(
    {
      id: CALL_LAYER,
      type: "symbol",
      source: SOURCE,
      layout: {
        "icon-image": ["case", ["has", "point_count"], of_several, ["get", "image"]],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "icon-anchor": "bottom",
        // Dangers lie on top.
        "symbol-sort-key": ["get", "hazards"],
      },
    },
    // What the desk knows lies over what it was told.
    "crew_spot",
  );
  // Pictures are drawn when they are first needed.
  map.setMissingStyleImageResolver(async (id) => {
    const look = look_of(id);
    if (look && !map.hasImage(id)) map.addImage(id, call_image(look, palette), { pixelRatio: PIXEL_RATIO });
  });
}

/** What a picture of this name shows; null where it is none of ours. */
export function look_of(image: string): CallLook | null {
  const [subject, kind, age, words] = image.split("|");
  if (subject !== "call" || words === undefined) return null;
  if (kind !== "hazard" && kind !== "out" && kind !== "partial") return null;
  return { kind, is_fresh: age === "fresh", words };
}

export function call_features(marks: readonly CallMark[], now: number): Feature[] {
  return marks.map(({ service_point, outage_id, lon, lat, at, calls, kind }) => {
    const minutes = (now - Date.parse(at)) / MINUTE_MS;
    const is_fresh = minutes < FRESH_MINUTES;
    const step = AGES.filter((age) => age <= minutes).at(-1) ?? 1;
    const image = `call|${kind}|${is_fresh ? "fresh" : "older"}|${duration(step * MINUTE_MS)}`;
    const hazards = kind === "hazard" ? 1 : 0;
    return {
      type: "Feature",
      geometry: { type: "Point", coordinates: [lon, lat] },
      properties: { id: service_point, outage_id, image, calls, hazards, fresh: is_fresh ? 1 : 0 },
    };
  });
}

export function set_calls(map: MapLibreMap, marks: readonly CallMark[], now: number): void {
  set_features(map, SOURCE, call_features(marks, now));
}

/** Go so near that the calls gathered in a bubble fall apart. */
export async function open_bubble(
  map: MapLibreMap,
  { geometry, properties }: MapGeoJSONFeature,
): Promise<void> {
  const source = map.getSource(SOURCE) as GeoJSONSource | undefined;
  if (!source || geometry.type !== "Point") return;
  const [lon = 0, lat = 0] = geometry.coordinates;
  const zoom = await source.getClusterExpansionZoom(Number(properties.cluster_id));
  map.easeTo({ center: [lon, lat], zoom, duration: 400 });
}
