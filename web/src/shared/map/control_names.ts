// MapLibre's own canvas and buttons, named in the reader's language, and named anew when that changes.
import { watch } from "vue";
import { type Key, language, t } from "../words/vocabulary";

const names: [selector: string, key: Key][] = [
  [".maplibregl-canvas", "shared.map.title"],
  [".maplibregl-ctrl-zoom-in", "shared.map.zoom_in"],
  [".maplibregl-ctrl-zoom-out", "shared.map.zoom_out"],
];

/** Name the controls of a map in its element; returns what ends it. */
export function name_controls(container: HTMLElement): () => void {
  return watch(
    language,
    () => {
      for (const [selector, key] of names) {
        const control = container.querySelector<HTMLElement>(selector);
        control?.setAttribute("aria-label", t(key));
        if (control?.title) control.title = t(key);
      }
    },
    { immediate: true },
  );
}
