// The desk counts the same clocks as the house.
import { expect, test } from "vitest";
import type { LoggedHazard } from "../../src/shared/api/hazard_model";
import { by_urgency, running_clocks } from "./hazard_clocks";

const hazard = (more: Partial<LoggedHazard> = {}): LoggedHazard => ({
  id: "H-1",
  version: 1,
  kind: "wire_down",
  level: 1,
  status: "raised",
  reports: 1,
  raised_at: "2026-11-23T08:00:00Z",
  acknowledge_by: "2026-11-23T08:05:00Z",
  attend_by: "2026-11-23T08:45:00Z",
  make_safe_by: "2026-11-23T10:00:00Z",
  warned: [],
  ...more,
});
const stages = (one: LoggedHazard): string[] => running_clocks(one).map(({ stage }) => stage);

test("what is done runs no more, and who waits has a clock of their own", () => {
  expect(stages(hazard())).toEqual(["acknowledge", "attend", "make_safe"]);
  expect(stages(hazard({ acknowledged_at: "2026-11-23T08:01:00Z" }))).toEqual(["attend", "make_safe"]);
  const guarded = { waiting_since: "2026-11-23T08:10:00Z", relieve_by: "2026-11-23T08:55:00Z" };
  expect(stages(hazard({ attended_at: "2026-11-23T08:20:00Z", ...guarded }))).toEqual([
    "relieve",
    "make_safe",
  ]);
  expect(stages(hazard({ made_safe_at: "2026-11-23T08:30:00Z", ...guarded }))).toEqual(["relieve"]);
  expect(stages(hazard({ status: "closed" }))).toEqual([]);
});

test("the worst stands first, what is safe last", () => {
  const safe = hazard({ id: "H-2", made_safe_at: "2026-11-23T08:30:00Z" });
  const milder = hazard({ id: "H-3", level: 2 });
  const due_sooner = hazard({ id: "H-4", acknowledge_by: "2026-11-23T08:01:00Z" });
  const order = [safe, milder, hazard(), due_sooner].sort(by_urgency).map(({ id }) => id);
  expect(order).toEqual(["H-4", "H-1", "H-3", "H-2"]);
});
