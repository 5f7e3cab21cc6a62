// Outages as the list and the map show them: the log's facts, the details beside them, and what is next to do.
import { toRaw } from "vue";
import type { Job } from "../../src/shared/api/model";
import type { PromiseClock } from "../../src/shared/api/promise_model";
import { is_active } from "../../src/shared/job_progress";
import { type Decision, decisions, is_open, next_decision, waits_for_dispatcher } from "./decisions";
import type { Desk } from "./desk";
import type { LoggedOutage } from "./replay";

export interface OutageRow {
  outage: LoggedOutage;
  decision: Decision;
  /** The job that matters now: the active one, else the last. */
  job: Job | null;
  hazards: readonly string[];
  /** The promise that is due next. */
  promise: PromiseClock | null;
  lon: number | null;
  lat: number | null;
}

export const filters = ["waiting", "open", "all"] as const;
export type Filter = (typeof filters)[number];

export const orders = ["decision", "customers", "started", "etr", "promise", "status"] as const;
export type Order = (typeof orders)[number];

const NO_HAZARDS: readonly string[] = [];
/** The row made last of each outage as it was then; an outage that changes is another object. */
const made = new WeakMap<LoggedOutage, OutageRow>();

/** The rows of all outages. One of which nothing changed is the same object as before, so that nobody draws it anew. */
export function outage_rows(desk: Desk): OutageRow[] {
  // Of thousands, all are followed together: following each would take longer than making the rows.
  void desk.details.taken.value;
  void desk.promises.taken.value;
  const promises = toRaw(desk.promises.by_outage);
  const rows: OutageRow[] = [];
  for (const outage of desk.known.outages.values()) {
    const jobs = desk.jobs_of(outage.id);
    const look = desk.details.first_look(outage.id);
    const row: OutageRow = {
      outage,
      decision: next_decision(outage.status, jobs),
      job: jobs.findLast(is_active) ?? jobs.at(-1) ?? null,
      hazards: look?.hazards ?? NO_HAZARDS,
      promise: promises.get(outage.id)?.next_clock ?? null,
      lon: look?.lon ?? null,
      lat: look?.lat ?? null,
    };
    const before = made.get(outage);
    if (before && is_same(before, row)) rows.push(before);
    else {
      made.set(outage, row);
      rows.push(row);
    }
  }
  return rows;
}

function is_same(a: OutageRow, b: OutageRow): boolean {
  return (
    a.decision === b.decision &&
    a.job === b.job &&
    a.hazards === b.hazards &&
    a.promise === b.promise &&
    a.lon === b.lon &&
    a.lat === b.lat
  );
}

export function passes(row: OutageRow, filter: Filter): boolean {
  if (filter === "waiting") return waits_for_dispatcher(row.decision);
  return filter === "all" || is_open(row.outage.status);
}

const by_customers = (a: OutageRow, b: OutageRow): number => b.outage.customers_out - a.outage.customers_out;
const by_start = (a: OutageRow, b: OutageRow): number =>
  Date.parse(a.outage.started_at) - Date.parse(b.outage.started_at);
const etr = (row: OutageRow): number =>
  row.outage.etr_at && is_open(row.outage.status) ? Date.parse(row.outage.etr_at) : Number.POSITIVE_INFINITY;
const due = (row: OutageRow): number =>
  row.promise?.due_at && is_open(row.outage.status)
    ? Date.parse(row.promise.due_at)
    : Number.POSITIVE_INFINITY;
const hazard = (row: OutageRow): number => (row.hazards.length > 0 && is_open(row.outage.status) ? 0 : 1);

const comparisons: Record<Order, (a: OutageRow, b: OutageRow) => number> = {
  // Danger to people first, then what waits for the dispatcher, then how many wait for supply.
  decision: (a, b) =>
    hazard(a) - hazard(b) ||
    Number(waits_for_dispatcher(b.decision)) - Number(waits_for_dispatcher(a.decision)) ||
    Number(b.decision !== "none") - Number(a.decision !== "none") ||
    by_customers(a, b),
  customers: by_customers,
  started: by_start,
  etr: (a, b) => Math.sign(etr(a) - etr(b)) || 0,
  promise: (a, b) => Math.sign(due(a) - due(b)) || 0,
  status: (a, b) => decisions.indexOf(a.decision) - decisions.indexOf(b.decision) || by_customers(a, b),
};

/** Sort anew; equal rows keep the order of their numbers, so that nothing jumps about. */
export function sorted(rows: readonly OutageRow[], order: Order, reversed: boolean): OutageRow[] {
  const compare = comparisons[order];
  const number = (row: OutageRow): number => Number(row.outage.id.replace(/\D/g, ""));
  return [...rows].sort((a, b) => (compare(a, b) || number(a) - number(b)) * (reversed ? -1 : 1));
}
