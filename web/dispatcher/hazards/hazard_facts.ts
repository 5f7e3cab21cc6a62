// One hazard with what was said of it, asked for anew whenever it changes, and what may be done about it.
import { onUnmounted, shallowReactive, watch } from "vue";
import type { Hazard, HazardReport } from "../../src/shared/api/hazard_model";
import { ask, post } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";
import type { Desk } from "../live/desk";

export interface HazardFacts {
  hazard: Hazard | null;
  reports: HazardReport[];
  busy: boolean;
  error: unknown;
  /** Give an order; return whether it was taken. */
  act: (action: string, order?: Record<string, unknown>) => Promise<boolean>;
}

export function use_hazard_facts(hazard_id: string, desk: Desk, session: Session): HazardFacts {
  const path = `/api/hazards/${encodeURIComponent(hazard_id)}`;
  let is_gone = false;
  const facts: HazardFacts = shallowReactive({
    hazard: null,
    reports: [],
    busy: false,
    error: null,
    async act(action, order = {}) {
      if (facts.busy) return false;
      facts.busy = true;
      facts.error = null;
      try {
        facts.hazard = await post<Hazard>(`${path}/${action}`, order);
        return true;
      } catch (error) {
        if (!session.notice(error)) facts.error = error;
        return false;
      } finally {
        facts.busy = false;
      }
    },
  });

  async function look(): Promise<void> {
    try {
      const told = await ask<{ hazard: Hazard; reports: HazardReport[] }>(path);
      if (is_gone) return;
      facts.hazard = told.hazard;
      facts.reports = told.reports;
    } catch (error) {
      if (!session.notice(error)) facts.error = error;
    }
  }

  watch(() => desk.known.hazards.get(hazard_id)?.version, look, { immediate: true });
  onUnmounted(() => {
    is_gone = true;
  });
  return facts;
}
