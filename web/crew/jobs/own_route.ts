// The way to the crew's own job, by the roads that are open now. Without signal, the last one known stays.
import { onUnmounted, shallowRef, watch } from "vue";
import { ask } from "../../src/shared/api/request";
import type { DriveRoute } from "../../src/shared/api/road_model";
import type { ReportStore } from "../outbox/report_store";
import type { CrewJob } from "./crew_job";

interface Place {
  lon: number;
  lat: number;
}

/** Roads close and open, and the crew drives on. */
const AGAIN_MS = 60_000;
const UNDER_WAY = ["assigned", "accepted", "en_route"];

/** `closed` differs once other roads are closed; `kept` is where the last way is kept, and whose it is. */
export function use_own_route(
  job: () => CrewJob,
  place: () => Place | null,
  closed: () => string,
  kept: { store: ReportStore; account: string },
) {
  const route = shallowRef<DriveRoute | null>(null);
  let asked_for = "";

  async function look(): Promise<void> {
    const { id, lon, status } = job();
    if (!UNDER_WAY.includes(status) || lon === null) {
      route.value = null;
      return;
    }
    if (id !== asked_for) route.value = null;
    asked_for = id;
    const key = `${kept.account}/route/${id}`;
    const from = place();
    const at = from ? `?lon=${from.lon}&lat=${from.lat}` : "";
    try {
      const found = await ask<DriveRoute>(`/api/jobs/${encodeURIComponent(id)}/route${at}`);
      if (asked_for === id) route.value = found;
      await kept.store.take_along(key, found);
    } catch {
      const last = await kept.store.taken_along<DriveRoute>(key);
      if (last && asked_for === id) route.value ??= last;
      // Without signal the crew keeps what it has; the place itself is always shown.
    }
  }

  watch([() => job().id, () => job().status, () => place() !== null, closed], () => void look(), {
    immediate: true,
  });
  const again = setInterval(() => void look(), AGAIN_MS);
  onUnmounted(() => clearInterval(again));
  return route;
}
