// A refusal says why, and the way out.
import { expect, test, vi } from "vitest";
// Loaded before there is something that looks like a document.
import "vue";
import type { Desk } from "../live/desk";

vi.stubGlobal("navigator", { language: "en" });
vi.stubGlobal("document", { documentElement: {} });
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
const { Refusal } = await import("../../src/shared/api/errors");
const { order_problem_words } = await import("./order_problem_words");

const desk = { known: { jobs: new Map(), outages: new Map(), hazards: new Map() } } as unknown as Desk;
const NOW = Date.parse("2026-07-01T12:00:00Z");
const words = (code: string, fields: Record<string, unknown>): string =>
  order_problem_words(new Refusal(409, code, "refused", fields), desk, NOW);

test("a tag names who hung it and where tags are listed", () => {
  const said = words("conflict", { because: "device_tagged", values: { device: "TIE", actor: "li" } });
  for (const part of ["TIE", "li", "(W)"]) expect(said).toContain(part);
});

test("a stale step says who changed what, and where nobody knows, that the network changed", () => {
  const at = new Date(NOW).toISOString();
  const change = {
    position: 4,
    recorded_at: at,
    occurred_at: at,
    name: "switching.executed",
    actor: "li",
    subject: "switching_order:S-2",
    outage_id: null,
    data: { step: { number: 1, action: "open", device: "SW9" } },
  };
  const said = words("stale_switching", { changes: [change] });
  for (const part of ["S-2", "li", "SW9", "Look at the step again"]) expect(said).toContain(part);
  expect(words("stale_switching", { changes: [] })).toContain("stands otherwise");
});

test("a device that is not there, or cannot be switched, is told from one that is gone", () => {
  expect(words("unknown", { kind: "device", id: "NOPE" })).toContain("NOPE");
  expect(words("invalid_input", { field: "device" })).toContain("fuse");
  expect(words("invalid_input", { field: "phases" })).toContain("phase");
});

test("what is flagged is named, and an order that has gone on says where it stands", () => {
  expect(words("reason_needed", { flags: ["loop", "onto_danger"] })).toMatch(/loop.*danger.*reason/s);
  const gone = { subject: "Switching order S-1", status: "cancelled" };
  expect(words("illegal_transition", gone)).toContain("Cancelled");
});
