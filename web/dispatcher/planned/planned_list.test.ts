import { expect, test } from "vitest";
import type { PlannedOutage } from "../../src/shared/api/planned_model";
import { planned_customers_out, planned_now } from "./planned_list";

test("counts whom planned work under way puts out, and nobody whose work is to come or over", () => {
  const planned = [
    { status: "executing", customers: 12 },
    { status: "published", customers: 40 },
    { status: "executing", customers: 3 },
    { status: "completed", customers: 9 },
  ] as PlannedOutage[];
  expect(planned_customers_out(planned)).toBe(15);
});

test("shows on the map what is under way and what begins within a day, at a device", () => {
  const at = (hours: number): string => new Date(hours * 3_600_000).toISOString();
  const planned = [
    { id: "P-1", status: "executing", device: "T1", starts_at: at(-2) },
    { id: "P-2", status: "published", device: "T2", starts_at: at(5) },
    { id: "P-3", status: "published", device: "T3", starts_at: at(30) },
    { id: "P-4", status: "requested", device: "T4", starts_at: at(5) },
    { id: "P-5", status: "executing", device: null, starts_at: at(-2) },
  ] as PlannedOutage[];
  expect(planned_now(planned, 0).map(({ id }) => id)).toEqual(["P-1", "P-2"]);
});
