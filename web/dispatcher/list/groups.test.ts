import { expect, test, vi } from "vitest";
// Loaded before there is something that looks like a document.
import "vue";
import type { OutageRow } from "../live/outage_rows";
import type { ListedOutage } from "./worklist_places";

vi.stubGlobal("navigator", { language: "en" });
vi.stubGlobal("document", { documentElement: {} });
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
const { grouped, lines_of } = await import("./groups");

const NOW = Date.parse("2026-11-23T12:00:00Z");

function row(id: string, status: string, customers_out: number, due_at?: string): OutageRow {
  const promise = due_at ? { promise: "arrival", state: "running", due_at, warn_at: null } : null;
  return { outage: { id, status, customers_out }, promise } as unknown as OutageRow;
}

function place(outage_id: string, feeder: string | null, critical_customers = 0): [string, ListedOutage] {
  return [
    outage_id,
    { outage_id, feeder, district: null, critical_service_points: critical_customers, critical_customers },
  ];
}

const rows = [
  row("O-3", "confirmed", 40, "2026-11-23T11:00:00Z"),
  row("O-1", "predicted", 7),
  row("O-4", "restored", 9),
  row("O-2", "confirmed", 5, "2026-11-23T13:00:00Z"),
];
const places = new Map([
  place("O-3", "Mill", 2),
  place("O-2", "Mill", 1),
  place("O-4", "Mill", 9),
  place("O-1", null),
]);

test("a group counts its outages, and the customers of those that are out", () => {
  const [mill, none] = grouped(rows, "feeder", places, NOW);
  expect(mill).toMatchObject({ key: "Mill", customers: 45, critical: 3 });
  expect(mill?.rows.map(({ outage }) => outage.id)).toEqual(["O-3", "O-4", "O-2"]);
  // What belongs to none comes last.
  expect(none).toMatchObject({ key: "", customers: 7 });
});

test("groups come as their first outage does, unless they have an order of their own", () => {
  const other = new Map([...places, place("O-1", "Abbey")]);
  expect(grouped([...rows].reverse(), "feeder", other, NOW).map(({ key }) => key)).toEqual(["Mill", "Abbey"]);
  expect(grouped(rows, "status", places, NOW).map(({ key }) => key)).toEqual([
    "predicted",
    "confirmed",
    "restored",
  ]);
  expect(grouped(rows, "promise", places, NOW).map(({ key }) => key)).toEqual(["breached", "running", ""]);
});

test("a folded group is its heading alone", () => {
  const groups = grouped(rows, "feeder", places, NOW);
  const ids = (is_folded: (key: string) => boolean): string[] =>
    lines_of(rows, groups, ({ key }) => is_folded(key)).map(({ id }) => id);
  expect(ids(() => false)).toEqual(["group:Mill", "O-3", "O-4", "O-2", "group:", "O-1"]);
  expect(ids((key) => key === "Mill")).toEqual(["group:Mill", "group:", "O-1"]);
  expect(lines_of(rows, null, () => true).map(({ id }) => id)).toEqual(["O-3", "O-1", "O-4", "O-2"]);
});
