// The way of the crew that somebody points at or has chosen: asked for after a moment, drawn by the map.
import { onUnmounted, ref } from "vue";
import { ask } from "../../src/shared/api/request";
import type { DriveRoute } from "../../src/shared/api/road_model";
import type { Desk } from "../live/desk";

const REST_MS = 120;

export function use_pointed_route(outage_id: string, desk: Desk) {
  /** The crew whose way stays drawn, until another is chosen or this one again. */
  const chosen = ref<string | null>(null);
  let shown: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: AbortController | null = null;

  /** Point at a crew; null points at none, and the chosen one's way comes back. */
  function point(crew_id: string | null): void {
    clearTimeout(timer);
    timer = setTimeout(() => void show(crew_id ?? chosen.value), REST_MS);
  }

  function choose(crew_id: string): void {
    chosen.value = chosen.value === crew_id ? null : crew_id;
    point(chosen.value);
  }

  async function show(crew_id: string | null): Promise<void> {
    if (crew_id === shown) return;
    shown = crew_id;
    asking?.abort();
    desk.route.value = null;
    if (crew_id === null) return;
    asking = new AbortController();
    const path = `/api/outages/${encodeURIComponent(outage_id)}/crews/${encodeURIComponent(crew_id)}/route`;
    try {
      const route = await ask<DriveRoute>(path, { signal: asking.signal });
      if (shown === crew_id) desk.route.value = route;
    } catch {
      // A way that cannot be had now is not drawn; the ranking says why there is none.
      if (shown === crew_id) shown = null;
    }
  }

  onUnmounted(() => {
    clearTimeout(timer);
    asking?.abort();
    desk.route.value = null;
  });
  return { chosen, point, choose };
}
