// One hazard with what was said of it, asked for anew whenever it changes, and what may be done about it.
import { onUnmounted, shallowReactive, watch } from "vue";
import type { Hazard, HazardReport } from "../../src/shared/api/hazard_model";
import type { Ranking } from "../../src/shared/api/model";
import { ask, post } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";
import type { Desk } from "../live/desk";

const RANK_AGAIN_MS = 20_000;

export interface HazardFacts {
  hazard: Hazard | null;
  reports: HazardReport[];
  /** Crews that could go, by arrival on the road; null while unknown, or where nobody said where it is. */
  ranking: Ranking | null;
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
    ranking: null,
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
      await rank();
    } catch (error) {
      if (!session.notice(error)) facts.error = error;
    }
  }

  async function rank(): Promise<void> {
    // Without a place there is no ranking: all crews are offered, by name.
    const ranking = await ask<Ranking>(`${path}/crews`).catch(() => null);
    if (!is_gone) facts.ranking = ranking;
  }

  // A road that is closed or open again changes the very next ranking; crews move by themselves.
  watch(
    () => [...desk.known.road_closures.keys()].join(" "),
    () => void rank(),
  );
  const again = setInterval(() => void rank(), RANK_AGAIN_MS);
  watch(() => desk.known.hazards.get(hazard_id)?.version, look, { immediate: true });
  onUnmounted(() => {
    is_gone = true;
    clearInterval(again);
  });
  return facts;
}
