// Sending crews as the plan says. What changed meanwhile is told, the plan is asked for again, and what a newer plan
// still says can be sent again with one press.
import { shallowReactive } from "vue";
import { Refusal } from "../../src/shared/api/errors";
import type { PlanAssigned, PlanStop } from "../../src/shared/api/plan_model";
import { post } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";
import type { Desk } from "../live/desk";
import { work_key } from "./plan_rows";

export interface Taking {
  is_busy: boolean;
  /** Why all or some were not taken; their words follow the language. */
  problems: readonly unknown[];
  /** How many were taken of an order for several. */
  taken: number | null;
  /** What was not taken, and the version of the plan that it was wanted of. */
  missed: { version: number; stops: readonly PlanStop[] } | null;
  forget: () => void;
  take: (version: number, stops: readonly PlanStop[]) => Promise<void>;
}

export function use_taking(desk: Desk, session: Session): Taking {
  const taking: Taking = shallowReactive({
    is_busy: false,
    problems: [],
    taken: null,
    missed: null,
    forget() {
      taking.problems = [];
      taking.taken = null;
      taking.missed = null;
    },
    async take(version, stops) {
      if (taking.is_busy) return;
      taking.is_busy = true;
      taking.forget();
      try {
        const done = await post<PlanAssigned>("/api/plan/assign", { version, stops: stops.map(wanted) });
        for (const outage of done.taken) desk.details.take(outage);
        taking.problems = done.refused.map(({ error }) => refusal(error));
        const refused = new Set(done.refused.map(work_key));
        taking.missed = { version, stops: stops.filter((stop) => refused.has(work_key(stop))) };
        if (stops.length > 1) taking.taken = done.taken.length + done.hazards.length;
      } catch (error) {
        if (!session.notice(error)) taking.problems = [error];
        taking.missed = { version, stops };
        if (error instanceof Refusal) desk.details.want(stops.flatMap(({ outage_id }) => outage_id ?? []));
      } finally {
        taking.is_busy = false;
        desk.plan.look(0);
      }
    },
  });
  return taking;
}

const wanted = ({ outage_id, hazard_id, crew_id, kind, takes_over_from }: PlanStop) => ({
  outage_id,
  hazard_id,
  crew_id,
  kind,
  takes_over_from,
});

/** A refusal within an answer to several is the same as one that is the whole answer. */
function refusal({ code, text, ...fields }: Record<string, unknown>): Refusal {
  return new Refusal(409, String(code), String(text), fields);
}
