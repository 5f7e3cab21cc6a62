// What the log does not tell of where an outage stands: its feeder, its district, and who is critical. Asked for while
// the list is open, when outages changed, and not more often than is read.
import { onMounted, onUnmounted, shallowReactive, watch } from "vue";
import { ask } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";
import type { Desk } from "../live/desk";

export interface ListedOutage {
  outage_id: string;
  feeder: string | null;
  district: string | null;
  critical_service_points: number;
  critical_customers: number;
}

const GATHER_MS = 1_000;
/** In a storm something changes all the time; where an outage stands hardly ever does. */
const NOT_BEFORE_MS = 5_000;

export function use_worklist_places(desk: Desk, session: Session): ReadonlyMap<string, ListedOutage> {
  const by_outage = shallowReactive(new Map<string, ListedOutage>());
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looked_at_ms = 0;

  function look(): void {
    const since_ms = performance.now() - looked_at_ms;
    timer ??= setTimeout(
      () => void ask_again(),
      looked_at_ms ? Math.max(GATHER_MS, NOT_BEFORE_MS - since_ms) : 0,
    );
  }

  async function ask_again(): Promise<void> {
    timer = undefined;
    looked_at_ms = performance.now();
    try {
      const { outages } = await ask<{ outages: ListedOutage[] }>("/api/worklist");
      const ids = new Set(outages.map(({ outage_id }) => outage_id));
      for (const id of [...by_outage.keys()]) if (!ids.has(id)) by_outage.delete(id);
      for (const one of outages)
        if (!is_same(by_outage.get(one.outage_id), one)) by_outage.set(one.outage_id, one);
    } catch (error) {
      // Grouped by what was known; the next change asks again.
      session.notice(error);
    }
  }

  watch(desk.changed_outages, look);
  watch(
    () => session.state,
    (state) => {
      if (state === "signed_in") look();
    },
  );
  onMounted(look);
  onUnmounted(() => clearTimeout(timer));
  return by_outage;
}

function is_same(held: ListedOutage | undefined, one: ListedOutage): boolean {
  return (
    held !== undefined &&
    held.feeder === one.feeder &&
    held.district === one.district &&
    held.critical_customers === one.critical_customers &&
    held.critical_service_points === one.critical_service_points
  );
}
