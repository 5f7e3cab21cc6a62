// What the map of the desk shows now, for those who want to say "here".
import type { Polygon } from "geojson";
import type { Map as MapLibreMap } from "maplibre-gl";
import { shallowRef } from "vue";

export const shown_area = shallowRef<Polygon | null>(null);

export function follow_shown_area(map: MapLibreMap): void {
  const note = (): void => {
    const [west, south, east, north] = map.getBounds().toArray().flat() as [number, number, number, number];
    const ring = [
      [west, south],
      [east, south],
      [east, north],
      [west, north],
      [west, south],
    ];
    shown_area.value = { type: "Polygon", coordinates: [ring] };
  };
  map.on("moveend", note);
  map.once("load", note);
}
