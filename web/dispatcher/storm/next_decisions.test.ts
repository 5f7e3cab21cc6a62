import { describe, expect, it } from "vitest";
import type { LoggedHazard } from "../../src/shared/api/hazard_model";
import type { PlannedOutage } from "../../src/shared/api/planned_model";
import type { LoggedOrder } from "../../src/shared/api/switching_model";
import type { Decision } from "../live/decisions";
import type { LoggedOutage } from "../live/replay";
import { next_decisions, type Waitable } from "./next_decisions";

const NOW = Date.parse("2026-11-23T12:00:00Z");
const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();

function outage(id: string, customers_out: number, more: Partial<LoggedOutage> = {}): LoggedOutage {
  return { id, device: `F${id}`, status: "confirmed", customers_out, ...more } as LoggedOutage;
}

function row(
  one: LoggedOutage,
  decision: Decision,
  promise: { state: "warning" | "breached" | "running"; due_at: string } | null = null,
) {
  return { outage: one, decision, promise };
}

function hazard(id: string, more: Partial<LoggedHazard>): LoggedHazard {
  const clocks = { acknowledge_by: at(5), attend_by: at(30), make_safe_by: at(90) };
  return { id, kind: "wire_down", level: 1, status: "raised", ...clocks, ...more } as LoggedHazard;
}

function waiting(more: Partial<Waitable>): string[] {
  const none: Waitable = { outages: [], hazards: [], orders: [], overruns: [], now: NOW };
  return next_decisions({ ...none, ...more }).map(({ because, id }) => `${because} ${id}`);
}

describe("what needs a decision next", () => {
  it("is nothing where nothing waits", () => {
    const quiet = [row(outage("O-1", 9), "wait"), row(outage("O-2", 9, { status: "restored" }), "close")];
    expect(waiting({ outages: quiet })).toEqual([]);
  });

  it("puts people in danger first, then broken promises, then the most customers", () => {
    const found = waiting({
      hazards: [
        hazard("H-1", { status: "attended", attended_at: at(-5) }),
        hazard("H-2", {}),
        hazard("H-3", { status: "acknowledged", acknowledged_at: at(-20), attend_by: at(-1) }),
        hazard("H-4", { made_safe_at: at(-1), status: "made_safe" }),
      ],
      outages: [
        row(outage("O-1", 5), "send"),
        row(outage("O-2", 500), "send"),
        row(outage("O-3", 2), "confirm", { state: "breached", due_at: at(-3) }),
        row(outage("O-4", 900), "confirm"),
        row(outage("O-5", 7), "restore"),
        row(outage("O-6", 1), "send", { state: "warning", due_at: at(4) }),
        row(outage("O-7", 800), "wait", { state: "breached", due_at: at(-3) }),
      ],
    });
    expect(found).toEqual([
      "hazard_over H-3",
      "hazard_raised H-2",
      "promise_broken O-3",
      "promise_soon O-6",
      "send O-2",
      "send O-1",
      "confirm O-4",
      "restore O-5",
    ]);
  });

  it("tells a time that lapses once, and what else waits last", () => {
    const found = waiting({
      outages: [
        row(outage("O-1", 5, { etr_at: at(-2), etr_warn_at: at(-20) }), "wait"),
        row(outage("O-2", 5, { etr_at: at(5), etr_warn_at: at(-15) }), "wait"),
        row(outage("O-3", 5, { etr_at: at(-2), etr_warn_at: at(-20) }), "send"),
      ],
      overruns: [{ id: "P-1", customers: 3, ends_at: at(-9) } as PlannedOutage],
      orders: [
        { id: "S-1", status: "draft" } as LoggedOrder,
        { id: "S-2", status: "approved" } as LoggedOrder,
      ],
    });
    expect(found).toEqual([
      "send O-3",
      "etr_lapsed O-1",
      "etr_lapsing O-2",
      "planned_overrun P-1",
      "approve_order S-1",
    ]);
  });
});
