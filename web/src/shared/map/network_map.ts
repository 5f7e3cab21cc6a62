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
import { name_controls } from "./control_names";
import { NETWORK, network_style } from "./network_style";
import { on_palette_change, type Palette, palette_now } from "./palette";

setWorkerUrl(worker_address);

export interface NetworkMap {
  map: MapLibreMap;
  palette: Palette;
  /** Called once the style is there, and again after day and night changed; add layers of your own here. */
  on_style: (add: (map: MapLibreMap, palette: Palette) => void) => void;
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
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl(), "bottom-left");
  let has_failed = false;
  map.on("error", () => {
    // Told in words by whoever keeps the page live; the map only has to ask again.
    has_failed = true;
  });
  const drawn: NetworkMap = {
    map,
    palette: palette_now(),
    on_style(add) {
      const now = (): void => add(map, drawn.palette);
      map.on("style.load", now);
      if (map.isStyleLoaded()) now();
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
    map.setStyle(network_style(network.network_version, drawn.palette), { diff: false });
  });
  return drawn;
}

function is_own(url: string): boolean {
  return new URL(url, location.href).origin === location.origin;
}

/** Whether this browser can draw a map at all. */
export function has_webgl(): boolean {
  const canvas = document.createElement("canvas");
  return canvas.getContext("webgl2") !== null;
}
