// Words of promises: what ran out since it was asked for is late already, whatever the answer said.
import { expect, test, vi } from "vitest";
// Loaded before there is something that looks like a document.
import "vue";
import type { PromiseClock } from "../../src/shared/api/promise_model";

vi.stubGlobal("navigator", { language: "en" });
vi.stubGlobal("document", { documentElement: {} });
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
const { choose_language } = await import("../../src/shared/words/vocabulary");
const { short_words, state_now, state_words } = await import("./promise_words");

const at = (minutes: number): number => Date.parse("2026-11-23T08:00:00Z") + minutes * 60_000;
const iso = (minutes: number): string => new Date(at(minutes)).toISOString();

function clock(more: Partial<PromiseClock> = {}): PromiseClock {
  return {
    promise: "arrival",
    measures: "arrival",
    state: "running",
    because: null,
    started_at: iso(0),
    due_at: iso(45),
    stopped_at: null,
    warn_at: iso(30),
    slack_minutes: 45,
    ...more,
  };
}

test("time passes between two answers", () => {
  expect(state_now(clock(), at(10))).toBe("running");
  expect(state_now(clock(), at(30))).toBe("warning");
  expect(state_now(clock(), at(46))).toBe("breached");
});

test("what stands still is not moved by time", () => {
  expect(state_now(clock({ state: "paused" }), at(100))).toBe("paused");
  expect(state_now(clock({ state: "kept", stopped_at: iso(20) }), at(100))).toBe("kept");
});

test("the row says what is due in how long, in both languages", () => {
  choose_language("en");
  expect(short_words(clock(), at(33))).toBe("Arrival in 12 min");
  expect(short_words(clock(), at(52))).toBe("Arrival late by 7 min");
  choose_language("zh");
  expect(short_words(clock(), at(33))).toContain("到场");
  choose_language("en");
});

test("a verdict keeps by how much it was kept or broken", () => {
  choose_language("en");
  const late = clock({ state: "breached", stopped_at: iso(52), slack_minutes: -7 });
  expect(state_words(late, at(500))).toBe("broken, late by 7 min");
  const kept = clock({ state: "kept", stopped_at: iso(20), slack_minutes: 25 });
  expect(state_words(kept, at(500))).toBe("kept, 25 min to spare");
});
