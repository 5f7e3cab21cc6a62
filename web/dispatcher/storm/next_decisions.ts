// What needs a decision next, the most urgent first, over everything the desk knows. Pure, and asked for again with
// every change.
//
// RULE 1: people in danger come before everything: whoever nobody has taken on, or whose clock is over.
// RULE 2: then promises that are being broken while nobody is sent: a broken one first, then one that warns.
// RULE 3: then what waits for a crew, by how many are without supply; what is to confirm; what a crew has finished.
// RULE 4: then restoration times about to lapse, planned work that overruns, orders that wait for approval.
import type { LoggedHazard } from "../../src/shared/api/hazard_model";
import type { PlannedOutage } from "../../src/shared/api/planned_model";
import type { ClockState } from "../../src/shared/api/promise_model";
import type { LoggedOrder } from "../../src/shared/api/switching_model";
import { lapsing } from "../etr/lapsing";
import { by_urgency, running_clocks } from "../hazards/hazard_clocks";
import type { Decision } from "../live/decisions";
import type { LoggedOutage } from "../live/replay";

export const reasons = [
  "hazard_over",
  "hazard_raised",
  "promise_broken",
  "promise_soon",
  "send",
  "confirm",
  "restore",
  "etr_lapsed",
  "etr_lapsing",
  "planned_overrun",
  "approve_order",
] as const;
export type Because = (typeof reasons)[number];

export interface Waiting {
  because: Because;
  kind: "outage" | "hazard" | "order" | "planned";
  id: string;
  /** What it is about: a device, a kind of danger, a planned outage. */
  about: string;
  customers: number;
  /** When it is due or was, in milliseconds; null where it just waits. */
  due_at: number | null;
}

export interface Waitable {
  outages: Iterable<{ outage: LoggedOutage; decision: Decision; promise: Clock | null }>;
  hazards: Iterable<LoggedHazard>;
  orders: Iterable<LoggedOrder>;
  overruns: Iterable<PlannedOutage>;
  now: number;
}

interface Clock {
  state: ClockState;
  due_at: string | null;
}

export function next_decisions(waitable: Waitable): Waiting[] {
  const found: Waiting[] = [];
  for (const hazard of [...waitable.hazards].sort(by_urgency)) {
    const [clock] = running_clocks(hazard);
    const is_over = clock !== undefined && clock.due_at < waitable.now;
    if (hazard.made_safe_at || (!is_over && hazard.status !== "raised")) continue;
    found.push({
      because: is_over ? "hazard_over" : "hazard_raised",
      kind: "hazard",
      id: hazard.id,
      about: hazard.kind,
      customers: 0,
      due_at: clock?.due_at ?? null,
    });
  }
  const rows = [...waitable.outages];
  for (const row of rows) {
    const because = of_outage(row);
    if (because) found.push(outage_waits(row.outage, because, due(row.promise)));
  }
  for (const { outage, etr_at, has_lapsed } of lapsing(
    rows.map(({ outage }) => outage),
    waitable.now,
  )) {
    if (found.some(({ kind, id }) => kind === "outage" && id === outage.id)) continue;
    found.push(outage_waits(outage, has_lapsed ? "etr_lapsed" : "etr_lapsing", etr_at));
  }
  for (const { id, customers, ends_at } of waitable.overruns) {
    const due_at = Date.parse(ends_at);
    found.push({ because: "planned_overrun", kind: "planned", id, about: id, customers, due_at });
  }
  for (const { id, status, ended_at, outage_id, planned_outage_id } of waitable.orders) {
    if (status !== "draft" || ended_at) continue;
    const about = outage_id ?? planned_outage_id ?? id;
    found.push({ because: "approve_order", kind: "order", id, about, customers: 0, due_at: null });
  }
  return found.sort(
    (a, b) =>
      reasons.indexOf(a.because) - reasons.indexOf(b.because) ||
      b.customers - a.customers ||
      (a.due_at ?? Number.MAX_SAFE_INTEGER) - (b.due_at ?? Number.MAX_SAFE_INTEGER) ||
      a.id.localeCompare(b.id, undefined, { numeric: true }),
  );
}

function of_outage({ decision, promise }: { decision: Decision; promise: Clock | null }): Because | null {
  if (decision === "restore") return "restore";
  // With a crew on it nothing is left to decide; closing is paperwork, and can wait for the morning.
  if (decision !== "send" && decision !== "confirm") return null;
  if (promise?.state === "breached") return "promise_broken";
  if (promise?.state === "warning") return "promise_soon";
  return decision;
}

function outage_waits(outage: LoggedOutage, because: Because, due_at: number | null): Waiting {
  const { id, device, customers_out } = outage;
  return { because, kind: "outage", id, about: device, customers: customers_out, due_at };
}

function due(promise: Clock | null): number | null {
  return promise?.due_at ? Date.parse(promise.due_at) : null;
}
