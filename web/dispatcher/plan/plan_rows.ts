// The plan as the desk lists it: each crew's stops, and what each would change against how things stand now.
import type { Job } from "../../src/shared/api/model";
import type { PlanStop } from "../../src/shared/api/plan_model";
import { is_active } from "../../src/shared/job_progress";

export interface WithName {
  name: string;
}

/**
 * `send_now`: the crew is free for it. `take_over`: another crew is at it and cannot finish. `unconfirmed`: it would be
 * next, but nobody has confirmed the outage. `after_look`: somebody has to look at it first. `later`: after other stops.
 */
export type StopState =
  | "send_now"
  | "take_over"
  | "unconfirmed"
  | "after_look"
  | "later"
  | "sent"
  | "under_way";

/** What work is done on: an outage, or a hazard. */
export interface Subject {
  outage_id: string | null;
  hazard_id: string | null;
}

/** Tells work apart in a list. */
export function work_key({ outage_id, hazard_id, kind }: Subject & { kind: string }): string {
  return `${hazard_id ?? outage_id}/${kind}`;
}

/** Whether a stop of a newer plan is what was wanted: the same crew for the same work, still to be sent. */
export function is_same_wish(stop: PlanStop, wanted: PlanStop): boolean {
  return (
    work_key(stop) === work_key(wanted) &&
    stop.crew_id === wanted.crew_id &&
    stop.takes_over_from === wanted.takes_over_from &&
    stop.is_next
  );
}

export interface CrewRoute {
  crew_id: string;
  stops: PlanStop[];
  /** Its first stop may be taken. */
  is_waiting: boolean;
}

/** How a stop stands; `jobs` are those of its outage or hazard, known more freshly than the plan knows them. */
export function stop_state(stop: PlanStop, jobs: readonly Job[]): StopState {
  const own = jobs.find((job) => job.crew_id === stop.crew_id && job.kind === stop.kind && is_active(job));
  if (stop.takes_over_from && !own) return "take_over";
  if (stop.is_under_way) return "under_way";
  if (own || (stop.job_id && !stop.takes_over_from)) return "sent";
  if (stop.is_next) return "send_now";
  if (stop.number === 1 && !stop.is_confirmed) return "unconfirmed";
  return stop.waits_for_look ? "after_look" : "later";
}

/** Each crew with its stops in order; crews that wait to be sent first, then by name. */
export function crew_routes(
  stops: readonly PlanStop[],
  state: (stop: PlanStop) => StopState,
  crew_name: (crew_id: string) => string,
): CrewRoute[] {
  const routes = new Map<string, PlanStop[]>();
  for (const stop of stops) {
    const own = routes.get(stop.crew_id);
    if (own) own.push(stop);
    else routes.set(stop.crew_id, [stop]);
  }
  return [...routes]
    .map(([crew_id, own]) => ({
      crew_id,
      stops: own.sort((a, b) => a.number - b.number),
      is_waiting: own.some((stop) => state(stop) === "send_now"),
    }))
    .sort(
      (a, b) =>
        Number(b.is_waiting) - Number(a.is_waiting) ||
        crew_name(a.crew_id).localeCompare(crew_name(b.crew_id), undefined, { numeric: true }),
    );
}

/** How many stops there are of each state. */
export function count_states(
  stops: readonly PlanStop[],
  state: (stop: PlanStop) => StopState,
): Record<StopState, number> {
  const counts = {
    send_now: 0,
    take_over: 0,
    unconfirmed: 0,
    after_look: 0,
    later: 0,
    sent: 0,
    under_way: 0,
  };
  for (const stop of stops) counts[state(stop)] += 1;
  return counts;
}
