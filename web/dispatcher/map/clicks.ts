// What a click on the map of the desk leads to: the mark that was hit, else the device near it.
import type { MapGeoJSONFeature, Map as MapLibreMap } from "maplibre-gl";
import type { Found } from "../../src/shared/api/model";
import { CALL_LAYER, open_bubble } from "../calls/call_layer";
import { HAZARD_LAYER } from "../hazards/hazard_layer";
import type { Desk } from "../live/desk";
import { PLANNED_LAYER } from "../planned/planned_layer";
import { show_device, show_place } from "../switching/show_device";
import { SWITCHING_LAYER } from "../switching/switching_layer";

/** What to do with the id of a mark, by what it marks. */
export interface Chosen {
  outage: (id: string) => void;
  crew: (id: string) => void;
  hazard: (id: string) => void;
  planned: (id: string) => void;
  /** A household whose call nothing explains yet. */
  call: (service_point: string) => void;
}

/** Near enough for a finger or a tired hand. A switch comes before what it stands on. */
const NEAR_PIXELS = 8;
const LOOKED_AT = [["switch", "switch_minor"], ["transformer"], ["line_section"]];

export function choose_by_click(map: MapLibreMap, desk: Desk, chosen: Chosen): void {
  const by_layer: Record<string, (id: string, mark: MapGeoJSONFeature) => void> = {
    outage: chosen.outage,
    outage_spot: chosen.outage,
    crew: chosen.crew,
    crew_spot: chosen.crew,
    [HAZARD_LAYER]: chosen.hazard,
    [PLANNED_LAYER]: chosen.planned,
    [CALL_LAYER]: (id, mark) => look_at_call(map, id, mark, chosen),
    [SWITCHING_LAYER]: (id, mark) => look_at_switched(desk, id, mark),
  };
  const layers = Object.keys(by_layer);
  map.on("click", (event) => {
    if (desk.is_drawing.value) return;
    const [mark] = map.queryRenderedFeatures(event.point, { layers });
    if (mark) by_layer[mark.layer.id]?.(String(mark.properties.id), mark);
    else look_at_device(map, desk, event.point);
  });
  map.on("mouseenter", layers, () => {
    map.getCanvas().style.cursor = "pointer";
  });
  map.on("mouseleave", layers, () => {
    map.getCanvas().style.cursor = "";
  });
}

/** A household as the search would have found it by its id. */
export function household(id: string): Found {
  const nothing = { account: null, customers: null, lon: null, lat: null };
  return { kind: "service_point", id, title: id, matched: "id", ...nothing };
}

function look_at_call(map: MapLibreMap, id: string, mark: MapGeoJSONFeature, chosen: Chosen): void {
  const { cluster, outage_id } = mark.properties;
  if (cluster) void open_bubble(map, mark);
  else if (outage_id) chosen.outage(String(outage_id));
  else chosen.call(id);
}

function look_at_switched(desk: Desk, id: string, mark: MapGeoJSONFeature): void {
  const place = desk.switched.temporary.value.find(({ name }) => mark.properties.is_temporary && name === id);
  if (place) show_place(desk, place);
  else void show_device(desk, id);
}

function look_at_device(map: MapLibreMap, desk: Desk, { x, y }: { x: number; y: number }): void {
  const near: [[number, number], [number, number]] = [
    [x - NEAR_PIXELS, y - NEAR_PIXELS],
    [x + NEAR_PIXELS, y + NEAR_PIXELS],
  ];
  for (const layers of LOOKED_AT) {
    // Lines that are joined, far off, are no device.
    const found = map.queryRenderedFeatures(near, { layers }).find(({ id }) => id !== undefined);
    if (!found) continue;
    void show_device(desk, String(found.id));
    return;
  }
}
