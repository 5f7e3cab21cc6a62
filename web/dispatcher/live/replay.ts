// What the desk knows, and how a change of the log alters it: the rules of dispatch/replay.py, over maps.
import type { LoggedHazard } from "../../src/shared/api/hazard_model";
import type { Candidate, Change, Crew, Job, OutageStatus, Reason } from "../../src/shared/api/model";
import type { Incident } from "../../src/shared/api/outage_life_model";
import type { RoadClosure } from "../../src/shared/api/road_model";
import type { LoggedOrder, LoggedTag } from "../../src/shared/api/switching_model";

/** An outage as the log tells it: no place and no reports; those come with its details. */
export interface LoggedOutage {
  id: string;
  version: number;
  status: OutageStatus;
  device: string;
  device_kind: string;
  phases: string;
  probability: number;
  candidates: Candidate[];
  reasons: Reason[];
  service_points_out: number;
  customers_out: number;
  started_at: string;
  predicted_at: string;
  confirmed_at?: string;
  restored_at?: string;
  closed_at?: string;
  etr_at?: string;
  etr_source?: string;
  etr_earliest?: string;
  etr_latest?: string;
  /** When the alarm about it is due, and since when it was raised. */
  etr_warn_at?: string;
  etr_lapsing_at?: string;
  merged_into?: string;
  split_from?: string;
  reopened_at?: string;
  incident_id?: string;
}

export interface Interruption {
  started_at: string;
  ended_at: string | null;
  customers: number;
}

/** Things told that cannot all be true, or a source not to be trusted. */
export interface Conflict {
  id: string;
  code: string;
  subject: string;
  facts: Record<string, unknown>;
  text: string;
  since: string;
}

export interface Known {
  outages: Map<string, LoggedOutage>;
  jobs: Map<string, Job>;
  crews: Map<string, Crew>;
  conflicts: Map<string, Conflict>;
  hazards: Map<string, LoggedHazard>;
  road_closures: Map<string, RoadClosure>;
  switching_orders: Map<string, LoggedOrder>;
  tags: Map<string, LoggedTag>;
  incidents: Map<string, Incident>;
  interruptions: Map<string, Map<string, Interruption>>;
  /** The position that `interruptions` were told with; infinite while they are still asked for. */
  interruptions_at: number;
}

/** Who is out by each outage, to the household. */
export interface Interruptions {
  position: number;
  interruptions: Record<string, Record<string, Interruption>>;
}

/** A snapshot without who is out. */
export interface Shelves {
  position: number;
  outages: Record<string, LoggedOutage>;
  jobs: Record<string, Job>;
  crews: Record<string, Crew>;
  conflicts: Record<string, Conflict>;
  hazards: Record<string, LoggedHazard>;
  road_closures: Record<string, RoadClosure>;
  switching_orders: Record<string, LoggedOrder>;
  tags: Record<string, LoggedTag>;
  incidents: Record<string, Incident>;
}

export type Snapshot = Shelves & Interruptions;

const shelves = [
  "outages",
  "jobs",
  "crews",
  "conflicts",
  "hazards",
  "road_closures",
  "switching_orders",
  "tags",
  "incidents",
] as const;

/** Put a snapshot in place of whatever was known; who is out is taken by itself (`take_interruptions`). */
export function take_shelves(known: Known, snapshot: Shelves): void {
  for (const shelf of shelves) {
    known[shelf].clear();
    for (const [id, one] of Object.entries(snapshot[shelf]))
      (known[shelf] as Map<string, object>).set(id, one);
  }
  known.interruptions.clear();
  known.interruptions_at = Number.POSITIVE_INFINITY;
}

/** Put in who is out, and what changed of it since; `changes` are all that came since the snapshot was asked for. */
export function take_interruptions(known: Known, told: Interruptions, changes: readonly Change[]): void {
  known.interruptions.clear();
  known.interruptions_at = told.position;
  for (const [outage_id, own] of Object.entries(told.interruptions)) {
    known.interruptions.set(outage_id, new Map(Object.entries(own)));
  }
  for (const change of changes) change_interruptions(known, change);
}

/** Put a whole snapshot in place of whatever was known. */
export function take_snapshot(known: Known, snapshot: Snapshot): void {
  take_shelves(known, snapshot);
  take_interruptions(known, snapshot, []);
}

/** Apply one change. What it alters is replaced, never written into, so that a page sees that it is new. */
export function apply_change(known: Known, change: Change): void {
  // RULE 1: `values` are the subject's new values; the subject is "kind:id".
  const colon = change.subject.indexOf(":");
  const kind = change.subject.slice(0, colon);
  const id = change.subject.slice(colon + 1);
  const shelf = shelf_of(known, kind);
  if (shelf) {
    const subject: Record<string, unknown> = { id, ...shelf.get(id) };
    for (const [field, value] of Object.entries(change.data.values ?? {})) {
      if (value.new === null) delete subject[field];
      else subject[field] = value.new;
    }
    if (kind === "switching_order") {
      subject.version = change.position;
      apply_steps(subject, change.data);
    }
    // RULE 2: a conflict that is over leaves; so do a road that is open again, a tag that was removed, and an
    // incident that is closed.
    if (kind === "conflict" && "cleared_at" in subject) shelf.delete(id);
    else if (kind === "tag" && "removed_at" in subject) shelf.delete(id);
    else if (kind === "incident" && "closed_at" in subject) shelf.delete(id);
    else if (kind === "road_closure" && "lifted_at" in subject) shelf.delete(id);
    else shelf.set(id, subject);
    apply_to_hazard(known, kind, subject, change.position);
  }
  // RULE 3 for incidents: the coming and going of their outages included.
  const incident = known.incidents.get(kind === "incident" ? id : (change.data.incident ?? ""));
  if (incident) known.incidents.set(incident.id, { ...incident, version: change.position });
  // RULE 3: an outage's version is the position of its last change, its jobs' changes included.
  const outage = change.outage_id ? known.outages.get(change.outage_id) : undefined;
  if (outage) known.outages.set(outage.id, { ...outage, version: change.position });
  change_interruptions(known, change);
}

/** RULE 4: interruptions, in the order withdrawn, started, ended, moved; none that they were told with already. */
function change_interruptions(known: Known, { position, outage_id, data }: Change): void {
  if (!outage_id || !data.interruptions || position <= known.interruptions_at) return;
  apply_interruptions(known.interruptions, outage_id, data.interruptions);
}

/** A hazard's version is the position of its last change, its jobs' included; one that is closed leaves with them. */
function apply_to_hazard(
  known: Known,
  kind: string,
  subject: Record<string, unknown>,
  position: number,
): void {
  const id = String((kind === "hazard" ? subject.id : subject.hazard_id) ?? "");
  const hazard = known.hazards.get(id);
  if (!hazard) return;
  if (kind === "hazard" && "closed_at" in subject) {
    known.hazards.delete(id);
    for (const job of known.jobs.values()) if (job.hazard_id === id) known.jobs.delete(job.id);
  } else known.hazards.set(id, { ...hazard, version: position });
}

function shelf_of(known: Known, kind: string): Map<string, object> | null {
  const shelves: Record<string, Map<string, object>> = {
    outage: known.outages,
    job: known.jobs,
    crew: known.crews,
    conflict: known.conflicts,
    hazard: known.hazards,
    road_closure: known.road_closures,
    switching_order: known.switching_orders,
    tag: known.tags,
    incident: known.incidents,
  };
  return shelves[kind] ?? null;
}

/** RULE 5: `steps` are an order's steps anew, all of them waiting; `step` is what became of one of them. */
function apply_steps(order: Record<string, unknown>, { steps, step }: Change["data"]): void {
  if (steps) order.steps = steps.map((one, at) => ({ number: at + 1, status: "waiting", ...one }));
  if (!step) return;
  const { open_phases: _, ...told } = step as typeof step & { open_phases?: string };
  const status = told.executed_at ? "executed" : "instructed";
  order.steps = ((order.steps ?? []) as LoggedOrder["steps"]).map((one) =>
    one.number === told.number ? { ...one, ...told, status } : one,
  );
}

function apply_interruptions(
  shelf: Known["interruptions"],
  outage_id: string,
  told: NonNullable<Change["data"]["interruptions"]>,
): void {
  const own = new Map(shelf.get(outage_id));
  for (const service_point of told.withdrawn ?? []) own.delete(service_point);
  for (const [started_at, customers] of Object.entries(told.started ?? {})) {
    for (const [service_point, count] of Object.entries(customers)) {
      own.set(service_point, { started_at, ended_at: null, customers: count });
    }
  }
  for (const [ended_at, service_points] of Object.entries(told.ended ?? {})) {
    for (const service_point of service_points) {
      const one = own.get(service_point);
      if (one) own.set(service_point, { ...one, ended_at });
    }
  }
  if (told.moved_to) {
    // Who is out in either is out: what is over takes nothing from what is not.
    const into = new Map(shelf.get(told.moved_to));
    for (const [service_point, one] of own) {
      const held = into.get(service_point);
      if (!held || held.ended_at !== null || one.ended_at === null) into.set(service_point, one);
    }
    shelf.set(told.moved_to, into);
    own.clear();
  }
  if (own.size > 0) shelf.set(outage_id, own);
  else shelf.delete(outage_id);
}
