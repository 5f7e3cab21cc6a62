// A conflict is said in the reader's language; what the sentence cannot say, the engine's English says.
import { expect, test, vi } from "vitest";
// Loaded before there is something that looks like a document.
import "vue";
import type { Conflict } from "../live/replay";

vi.stubGlobal("navigator", { language: "en" });
vi.stubGlobal("document", { documentElement: {} });
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
const { conflict_words } = await import("./conflict_words");

function conflict(more: Partial<Conflict>): Conflict {
  const since = "2026-11-23T08:00:00+00:00";
  return {
    id: "X-1",
    code: "clock_off",
    subject: "meter_system",
    facts: {},
    text: "As it is.",
    since,
    ...more,
  };
}

test("source, numbers and lists fill the sentence in", () => {
  const facts = { count: 1200, hours: 5, meters: ["M-1", "M-2"], more: 3 };
  expect(conflict_words(conflict({ facts }))).toBe(
    "Messages of the meter system carry times up to 5 hours away from when they came (1,200 in the last hour), such as of M-1, M-2 and 3 more.",
  );
});

test("facts that do not fit, and codes newer than this page, are said as the engine says them", () => {
  expect(conflict_words(conflict({}))).toBe("As it is.");
  expect(conflict_words(conflict({ code: "something_new" }))).toBe("As it is.");
});
