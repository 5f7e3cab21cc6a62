// The list in groups: by feeder, district, status, or how the next promise stands; each with what is counted in it.
import { outage_statuses } from "../../src/shared/api/model";
import type { ClockState } from "../../src/shared/api/promise_model";
import { is_open, is_out } from "../live/decisions";
import type { OutageRow } from "../live/outage_rows";
import { state_now } from "../promises/promise_words";
import type { ListedOutage } from "./worklist_places";

export const groupings = ["none", "feeder", "district", "status", "promise"] as const;
export type Grouping = (typeof groupings)[number];

export interface Group {
  /** What tells it from all others of the grouping; empty for what belongs to none. */
  key: string;
  rows: OutageRow[];
  /** Of those that are out. */
  customers: number;
  critical: number;
}

/** A line of the list: the heading of a group, or an outage in it. */
export type Line =
  | { id: string; group: Group; row: null }
  | { id: string; group: Group | null; row: OutageRow };

const PROMISE_ORDER: readonly (ClockState | "")[] = [
  "breached",
  "warning",
  "running",
  "paused",
  "kept",
  "not_applicable",
  "",
];
/** Groups whose order is the same whoever is in them; the others come as their first outage does. */
const ORDERS: Partial<Record<Grouping, readonly string[]>> = {
  status: outage_statuses,
  promise: PROMISE_ORDER,
};

/** Put rows, sorted already, into groups; what belongs to none comes last. */
export function grouped(
  rows: readonly OutageRow[],
  grouping: Grouping,
  places: ReadonlyMap<string, ListedOutage>,
  now: number,
): Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const key = key_of(row, grouping, places, now);
    let group = groups.get(key);
    if (!group) {
      group = { key, rows: [], customers: 0, critical: 0 };
      groups.set(key, group);
    }
    group.rows.push(row);
    if (is_out(row.outage.status)) {
      group.customers += row.outage.customers_out;
      group.critical += places.get(row.outage.id)?.critical_customers ?? 0;
    }
  }
  const order = ORDERS[grouping];
  const found = [...groups.values()];
  if (order) return found.sort((a, b) => order.indexOf(a.key) - order.indexOf(b.key));
  return [...found.filter(({ key }) => key), ...found.filter(({ key }) => !key)];
}

function key_of(
  row: OutageRow,
  grouping: Grouping,
  places: ReadonlyMap<string, ListedOutage>,
  now: number,
): string {
  if (grouping === "status") return row.outage.status;
  if (grouping === "promise")
    return row.promise && is_open(row.outage.status) ? state_now(row.promise, now) : "";
  const place = places.get(row.outage.id);
  return (grouping === "district" ? place?.district : place?.feeder) ?? "";
}

/** The lines of the list: without groups only outages; with them a heading each, and what is not folded away. */
export function lines_of(
  rows: readonly OutageRow[],
  groups: readonly Group[] | null,
  is_folded: (group: Group) => boolean,
): Line[] {
  if (!groups) return rows.map((row) => ({ id: row.outage.id, group: null, row }));
  return groups.flatMap((group): Line[] => [
    { id: `group:${group.key}`, group, row: null },
    ...(is_folded(group) ? [] : group.rows.map((row): Line => ({ id: row.outage.id, group, row }))),
  ]);
}
