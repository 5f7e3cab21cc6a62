// The base map under the network, where the operator has one: pictures as they are, vector tiles of any maker in one
// quiet style, told by the names of their layers. It comes from Relight itself, as everything else does.
import type { LayerSpecification, Map as MapLibreMap } from "maplibre-gl";
import { type ShallowRef, shallowRef } from "vue";
import { ask } from "../api/request";
import type { Palette } from "./palette";

export interface BaseMapDetails {
  kind: "raster" | "vector";
  name: string;
  attribution: string;
  lowest_zoom: number;
  highest_zoom: number;
  bounds: [west: number, south: number, east: number, north: number] | null;
  layers: string[];
  made: string;
}

export type BaseMapProblem =
  | "missing"
  | "unreadable"
  | "not_pmtiles"
  | "tile_kind"
  | "compression"
  | "folder_layout";

interface BaseMapAnswer {
  base_map: BaseMapDetails | null;
  problem: BaseMapProblem | null;
}

const SOURCE = "base_map";

type Part = "land" | "green" | "water" | "building" | "border" | "road";

/** From bottom to top; a name that fits none, such as those of places and shops, is not drawn. */
const parts: [part: Part, names: RegExp][] = [
  ["land", /^(earth|land)$/],
  ["green", /park|green|wood|forest|landcover|land_?use|vegetation/],
  ["water", /water|ocean|river|lake|^sea$/],
  ["building", /building/],
  ["border", /boundar|admin/],
  ["road", /road|transport|street|highway|rail|bridge/],
];
const NOT_DRAWN = /label|name|place|poi|address/;

const tones: Record<Palette["name"], Record<Part, string>> = {
  light: {
    land: "#f3f5f7",
    green: "#e6eee2",
    water: "#d5e3ec",
    building: "#e6e8ea",
    border: "#c9c3d4",
    road: "#dfe2e5",
  },
  dark: {
    land: "#0f1419",
    green: "#121c17",
    water: "#0f2230",
    building: "#1a2027",
    border: "#3a3550",
    road: "#232b33",
  },
};

/** The layers that draw a vector map, from bottom to top. */
export function vector_layers(names: readonly string[], palette: Palette): LayerSpecification[] {
  const drawn: LayerSpecification[] = [];
  for (const [part, fits] of parts) {
    for (const name of names) {
      if (!fits.test(name) || NOT_DRAWN.test(name)) continue;
      const colour = tones[palette.name][part];
      const from = { source: SOURCE, "source-layer": name };
      if (part !== "road" && part !== "border")
        drawn.push({
          id: `${SOURCE}_${name}`,
          ...from,
          type: "fill",
          filter: ["==", ["geometry-type"], "Polygon"],
          ...(part === "building" && { minzoom: 14 }),
          paint: { "fill-color": colour },
        });
      if (part === "road" || part === "border" || part === "water")
        drawn.push({
          id: `${SOURCE}_${name}_line`,
          ...from,
          type: "line",
          filter: ["==", ["geometry-type"], "LineString"],
          layout: { "line-cap": "round", "line-join": "round" },
          paint: {
            "line-color": colour,
            "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 6, 0.4, 12, 1.2, 18, 9],
            ...(part === "border" && { "line-dasharray": [3, 2] }),
          },
        });
    }
  }
  return drawn;
}

function picture_layer(palette: Palette): LayerSpecification {
  // Coloured pictures would shout louder than what is out.
  const is_dark = palette.name === "dark";
  return {
    id: SOURCE,
    type: "raster",
    source: SOURCE,
    paint: {
      "raster-saturation": -0.6,
      "raster-opacity": is_dark ? 0.45 : 0.6,
      "raster-brightness-max": is_dark ? 0.55 : 1,
      "raster-fade-duration": 0,
    },
  };
}

export class BaseMap {
  /** Why the one that was set cannot be used; null where all is well, or none was set. */
  readonly problem: ShallowRef<BaseMapProblem | null> = shallowRef(null);
  private details: BaseMapDetails | null = null;

  constructor(private readonly map: MapLibreMap) {}

  /** Ask once; without an answer the network stays on plain ground. */
  async look(palette: () => Palette): Promise<void> {
    try {
      const { base_map, problem } = await ask<BaseMapAnswer>("/api/base-map");
      this.problem.value = problem;
      this.details = base_map;
    } catch {
      return;
    }
    if (!this.details) return;
    if (this.details.attribution) this.tell(this.details.attribution);
    if (this.map.isStyleLoaded()) this.draw(palette());
    else this.map.once("idle", () => this.draw(palette()));
  }

  /** Draw it right above the ground; again for each style. */
  draw(palette: Palette): void {
    if (!this.details || this.map.getSource(SOURCE)) return;
    const { kind, made, lowest_zoom, highest_zoom, bounds, layers } = this.details;
    this.map.addSource(SOURCE, {
      type: kind,
      tiles: [`${location.origin}/api/base-map/${made}/{z}/{x}/{y}`],
      minzoom: lowest_zoom,
      maxzoom: highest_zoom,
      ...(kind === "raster" && { tileSize: 256 }),
      ...(bounds && { bounds }),
    });
    const over = this.map.getLayersOrder().find((id) => id !== "ground");
    const drawn = kind === "raster" ? [picture_layer(palette)] : vector_layers(layers, palette);
    for (const layer of drawn) this.map.addLayer(layer, over);
  }

  /** Whose map it is, in its corner. */
  private tell(attribution: string): void {
    const element = document.createElement("div");
    element.className = "maplibregl-ctrl base_map_attribution";
    element.textContent = attribution;
    this.map.addControl({ onAdd: () => element, onRemove: () => element.remove() }, "bottom-left");
  }
}
