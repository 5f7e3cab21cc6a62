// What a step would do is said in the reader's language, and what was not checked is said too.
import { afterEach, expect, test, vi } from "vitest";
// Loaded before there is something that looks like a document.
import "vue";
import type { StepPreview } from "../../src/shared/api/switching_model";

vi.stubGlobal("navigator", { language: "en" });
vi.stubGlobal("document", { documentElement: {} });
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
const { choose_language } = await import("../../src/shared/words/vocabulary");
const { effect_lines, margin_words, next_words, step_words } = await import("./switching_words");

afterEach(() => choose_language("en"));

const quiet: StepPreview = {
  number: 1,
  action: "close",
  device: "TIE",
  phases: "ABC",
  digest: "d",
  changes_nothing: false,
  service_points_lost: 0,
  customers_lost: 0,
  critical_lost: [],
  service_points_gained: 0,
  customers_gained: 0,
  critical_gained: [],
  rings: [],
  hazards: [],
  overloads: [],
  not_checked: [],
  tags: [],
  flags: [],
};
const hospital = { service_point: "P-1", priority: "life_support", account: "A-1", name: "City Hospital" };
const all: StepPreview = {
  ...quiet,
  service_points_lost: 3,
  customers_lost: 4,
  critical_lost: [hospital],
  service_points_gained: 9,
  customers_gained: 12,
  critical_gained: [{ ...hospital, name: null }],
  rings: [
    {
      phases: "ABC",
      devices: ["TIE"],
      sources: ["S", "R"],
      feeders: ["B1", "B2"],
      has_two_sources: true,
      service_points_fed_twice: 2,
    },
    {
      phases: "ABC",
      devices: ["TIE"],
      sources: ["S", "S"],
      feeders: ["B1", null],
      has_two_sources: false,
      service_points_fed_twice: 2,
    },
  ],
  hazards: ["H-1"],
  overloads: [{ device: "L9", carried: 320.4, before: 100, rated: 250, unit: "A" }],
  not_checked: [
    { reason: "no_rating", devices: 3 },
    { reason: "no_load", devices: 1 },
  ],
  tags: [{ id: "T-4", device: "TIE", kind: "hold", note: null, placed_by: "li", placed_at: "" }],
  flags: ["loop", "changed_since_prepared"],
};
const words = (step: StepPreview): string =>
  effect_lines(step, (id) => id)
    .map((line) => line.words)
    .join("\n");

test.each(["en", "zh"] as const)("in %s nothing is left unsaid", (one) => {
  choose_language(one);
  for (const part of ["City Hospital", "A-1", "T-4", "li", "H-1", "L9", "320", "250", "B1", "S"])
    expect(words(all)).toContain(part);
  expect(words(all)).not.toMatch(/[{}]|undefined|null/);
});

test("what was not checked is never taken for good", () => {
  expect(words({ ...quiet, not_checked: all.not_checked })).toMatch(/not checked/i);
  expect(words({ ...quiet, not_checked: all.not_checked })).not.toMatch(/no overload/i);
  expect(words(quiet)).toMatch(/no overload/i);
  expect(margin_words(null)).toMatch(/not checked/i);
  expect(margin_words(0.234)).toContain("23");
});

test("what stops comes before what is to be thought about", () => {
  const tones = effect_lines(all, (id) => id).map(({ tone }) => tone);
  expect(tones.indexOf("danger")).toBeLessThan(tones.indexOf("warning"));
});

test("an order says what it waits for, and nothing once it is over", () => {
  const waiting = {
    number: 1,
    status: "waiting" as const,
    action: "open" as const,
    device: "SW1",
    phases: "A",
  };
  expect(next_words({ status: "draft", steps: [] })).toMatch(/steps/);
  expect(next_words({ status: "draft", steps: [waiting] })).toMatch(/approv/);
  expect(next_words({ status: "approved", steps: [waiting] })).toContain("SW1");
  expect(next_words({ status: "completed", steps: [{ ...waiting, status: "executed" }] })).toBeNull();
  expect(step_words(waiting)).toContain("A");
});
