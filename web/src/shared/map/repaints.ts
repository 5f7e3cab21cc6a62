// When a still map is drawn: once for changes that come together, not once more for each step on their way.
// MapLibre draws when data are handed over, when its worker has taken them, and for each tile made of them. Without a
// graphics card a drawing of a whole city takes a tenth of a second: the list beside the map would stutter.
import type { Map as MapLibreMap } from "maplibre-gl";

/** What has waited so long is drawn with what is there. */
export const LONGEST_WAIT_MS = 250;

const gathered = new WeakMap<MapLibreMap, Repaints>();

/** From its first rest on, draw this map once for changes that come together. */
export function gather_repaints(map: MapLibreMap): void {
  gathered.set(map, new Repaints(map));
}

/** The source was just handed other data: what is drawn next should show them. */
export function await_source(map: MapLibreMap, source_id: string): void {
  gathered.get(map)?.awaited.add(source_id);
}

class Repaints {
  /** Sources whose data are on their way to the map's tiles. */
  readonly awaited = new Set<string>();
  private readonly draw: () => void;
  private is_asked = false;
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private is_gathering = false;

  constructor(private readonly map: MapLibreMap) {
    this.draw = map.triggerRepaint.bind(map);
    map.triggerRepaint = () => this.ask();
    map.once("idle", () => {
      this.is_gathering = true;
    });
    map.on("remove", () => {
      this.is_gathering = false;
      clearTimeout(this.waiting);
    });
  }

  private ask(): void {
    // 1. A map that is moved, or is still coming up, is drawn at every frame.
    if (!this.is_gathering || this.map.isMoving()) {
      this.draw();
      return;
    }
    if (this.is_asked) return;
    // 2. What is changed in one go, several sources and the state of features, is looked at together.
    this.is_asked = true;
    queueMicrotask(() => {
      this.is_asked = false;
      if (this.is_gathering) this.draw_when_whole();
    });
  }

  private draw_when_whole(): void {
    for (const id of this.awaited) {
      if (!this.map.getSource(id) || this.map.isSourceLoaded(id)) this.awaited.delete(id);
    }
    // 3. While data are on their way, nothing is drawn; each step of them asks again.
    if (this.awaited.size > 0) this.waiting ??= setTimeout(() => this.give_up(), LONGEST_WAIT_MS);
    else {
      clearTimeout(this.waiting);
      this.waiting = undefined;
      this.draw();
    }
  }

  private give_up(): void {
    this.waiting = undefined;
    this.awaited.clear();
    this.draw();
  }
}
