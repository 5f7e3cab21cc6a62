// What the log does not tell of where an outage stands: its feeder, its district, and who is critical. Asked for while
// the list is open, once the first view is drawn, when outages changed, and not more often than is read.
import { onUnmounted, shallowReactive, watch } from "vue";
import { ask } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";
import { is_open } from "../live/decisions";
import type { Desk } from "../live/desk";

export interface ListedOutage {
  outage_id: string;
  feeder: string | null;
  district: string | null;
  critical_service_points: number;
  critical_customers: number;
}

const GATHER_MS = 1_000;
/** One that is new is wanted soon; where the others stand hardly ever changes, and a storm changes something always. */
const NEW_NOT_BEFORE_MS = 3_000;
const NOT_BEFORE_MS = 15_000;

export function use_worklist_places(desk: Desk, session: Session): ReadonlyMap<string, ListedOutage> {
  const by_outage = shallowReactive(new Map<string, ListedOutage>());
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looked_at_ms = Number.NEGATIVE_INFINITY;
  let due_ms = Number.POSITIVE_INFINITY;

  function look(): void {
    if (!desk.is_settled.value) return;
    const now_ms = performance.now();
    const not_before_ms = looked_at_ms + (is_any_new() ? NEW_NOT_BEFORE_MS : NOT_BEFORE_MS);
    // What is due sooner stays due: in a flood of new ones it would else be put off for ever.
    const wanted_ms = Math.max(now_ms + GATHER_MS, not_before_ms);
    if (wanted_ms >= due_ms) return;
    due_ms = wanted_ms;
    clearTimeout(timer);
    timer = setTimeout(() => void ask_again(), wanted_ms - now_ms);
  }

  /** Whether an outage changed that is not known to stand anywhere. */
  function is_any_new(): boolean {
    for (const id of desk.changed_outages.value) {
      const outage = desk.known.outages.get(id);
      if (outage && is_open(outage.status) && !by_outage.has(id)) return true;
    }
    return false;
  }

  async function ask_again(): Promise<void> {
    due_ms = Number.POSITIVE_INFINITY;
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
  watch(
    desk.is_settled,
    (is_settled) => {
      if (is_settled) void ask_again();
    },
    { immediate: true },
  );
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
