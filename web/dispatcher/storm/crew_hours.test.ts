import { expect, it } from "vitest";
import type { CrewOnRoster } from "../crews/roster";
import { crew_hours } from "./crew_hours";

const NOW = Date.parse("2026-11-23T12:00:00Z");

function crew(id: string, status: CrewOnRoster["status"], hours: number | null): CrewOnRoster {
  const available_until = hours === null ? null : new Date(NOW + hours * 3_600_000).toISOString();
  return {
    id,
    name: id,
    status,
    duty: { available_from: null, available_until, because: [] },
  } as unknown as CrewOnRoster;
}

it("counts the hours of those on shift, and names who has to stop soon", () => {
  const told = crew_hours(
    [
      crew("C-1", "free", 5),
      crew("C-2", "busy", 1.5),
      crew("C-3", "past_limit", null),
      crew("C-4", "resting", null),
      crew("C-5", "before_shift", 9),
    ],
    NOW,
  );
  expect(told.on_shift).toBe(3);
  expect(told.hours_left).toBe(6.5);
  expect(told.off_soon.map(({ id }) => id)).toEqual(["C-3", "C-2"]);
  expect(told.counts.map(({ status, count }) => `${status} ${count}`)).toEqual([
    "past_limit 1",
    "busy 1",
    "free 1",
    "before_shift 1",
    "resting 1",
  ]);
});

it("is nothing where there are no crews", () => {
  expect(crew_hours([], NOW)).toEqual({ counts: [], on_shift: 0, hours_left: 0, off_soon: [] });
});
