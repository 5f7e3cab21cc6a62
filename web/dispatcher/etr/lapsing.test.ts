import { describe, expect, it } from "vitest";
import type { LoggedOutage } from "../live/replay";
import { lapsing } from "./lapsing";

const NOON = Date.parse("2026-11-23T12:00:00Z");

function outage(id: string, minutes: number | null, more: Partial<LoggedOutage> = {}): LoggedOutage {
  const at = (offset: number): string => new Date(NOON + offset * 60_000).toISOString();
  const told = minutes === null ? {} : { etr_at: at(minutes), etr_warn_at: at(minutes - 20) };
  return { id, status: "confirmed", ...told, ...more } as LoggedOutage;
}

describe("times about to lapse", () => {
  it("are those whose alarm is due, the earliest first, lapsed ones marked", () => {
    const all = [outage("O-1", 30), outage("O-2", 19), outage("O-3", -5), outage("O-4", null)];
    expect(lapsing(all, NOON).map(({ outage, has_lapsed }) => [outage.id, has_lapsed])).toEqual([
      ["O-3", true],
      ["O-2", false],
    ]);
  });

  it("are none where supply is back", () => {
    expect(lapsing([outage("O-1", 5, { status: "restored" })], NOON)).toEqual([]);
  });

  it("hold without the time of an alarm, once they have lapsed", () => {
    const { etr_warn_at: _, ...old } = outage("O-1", -1);
    expect(lapsing([old as LoggedOutage], NOON)).toHaveLength(1);
    expect(lapsing([old as LoggedOutage], NOON - 120_000)).toHaveLength(0);
  });
});
