// The only place that makes a MapLibre map. Its worker is a file of ours: without `setWorkerUrl` it stays blank.
import {
  Map as MapLibreMap,
  type MapOptions,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import worker_address from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import "maplibre-gl/dist/maplibre-gl.css";
import "./controls.css";
import { relight_header } from "../api/face";
import type { NetworkInForce } from "../api/model";
import { BaseMap } from "./base_map";
import { name_controls } from "./control_names";
import { NETWORK, network_style } from "./network_style";
import { on_palette_change, type Palette, palette_now } from "./palette";
import { gather_repaints } from "./repaints";

setWorkerUrl(worker_address);

export interface NetworkMap {
  map: MapLibreMap;
  base_map: BaseMap;
  palette: Palette;
  /** Whether the style is there; while another one loads, features take no state. */
  has_style: boolean;
  /** Called once the style is there, and again after day and night changed; add layers of your own here. */
  on_style: (add: (map: MapLibreMap, palette: Palette) => void) => void;
  /** Draw another network version in place of this one; the view stays, unless nothing of the new one is in it. */
  show_network: (network: NetworkInForce) => void;
  /** Ask again for tiles that failed, now that Relight answers. */
  mend: () => void;
  remove: () => void;
}

/** Draw the network into an element; throws where the browser has no WebGL. */
export function draw_network(
  container: HTMLElement,
  network: NetworkInForce,
  more: Partial<MapOptions> = {},
): NetworkMap {
  const map = new MapLibreMap({
    container,
    style: network_style(network.network_version, palette_now()),
    attributionControl: false,
    // Tiles are for those who are signed in, each page by its own sign-in.
    transformRequest: (url) => (is_own(url) ? { url, headers: relight_header() } : { url }),
    // The plan of a network is read north up; turning it by accident helps nobody.
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: 0,
    maxZoom: 20,
    ...(network.bounds && { bounds: network.bounds, fitBoundsOptions: { padding: 40 } }),
    ...more,
  });
  gather_repaints(map);
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl(), "bottom-left");
  let network_version = network.network_version;
  let has_failed = false;
  map.on("error", () => {
    // Told in words by whoever keeps the page live; the map only has to ask again.
    has_failed = true;
  });
  const base_map = new BaseMap(map);
  const drawn: NetworkMap = {
    map,
    base_map,
    palette: palette_now(),
    has_style: false,
    on_style(add) {
      const now = (): void => add(map, drawn.palette);
      map.on("style.load", now);
      if (map.isStyleLoaded()) now();
    },
    show_network(next) {
      network_version = next.network_version;
      renew_style();
      if (next.bounds && !overlap(next.bounds, map.getBounds().toArray())) {
        map.fitBounds(next.bounds, { padding: 40, animate: false });
      }
    },
    mend() {
      if (has_failed) map.refreshTiles(NETWORK);
      has_failed = false;
    },
    remove() {
      stop();
      stop_naming();
      map.remove();
    },
  };
  const stop_naming = name_controls(container);
  const stop = on_palette_change(() => {
    drawn.palette = palette_now();
    renew_style();
  });
  // Before any `on_style`, which may paint at once.
  map.on("style.load", () => {
    drawn.has_style = true;
    base_map.draw(drawn.palette);
  });
  void base_map.look(() => drawn.palette);
  function renew_style(): void {
    drawn.has_style = false;
    map.setStyle(network_style(network_version, drawn.palette), { diff: false });
  }
  return drawn;
}

type Corners = [west_south: [number, number], east_north: [number, number]];

function overlap(bounds: [number, number, number, number], corners: Corners): boolean {
  const [west, south, east, north] = bounds;
  const [[left, bottom], [right, top]] = corners;
  return west <= right && left <= east && south <= top && bottom <= north;
}

function is_own(url: string): boolean {
  return new URL(url, location.href).origin === location.origin;
}

/** Whether this browser can draw a map at all. */
export function has_webgl(): boolean {
  const canvas = document.createElement("canvas");
  return canvas.getContext("webgl2") !== null;
}
