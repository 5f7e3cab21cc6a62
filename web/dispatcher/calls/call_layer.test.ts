// A bubble says who called when, in few pictures; a picture's name says all that is drawn on it.
import { expect, test, vi } from "vitest";
// Loaded before there is something that looks like a document.
import "vue";
import type { CallMark } from "../../src/shared/api/caller_model";

vi.stubGlobal("navigator", { language: "en" });
vi.stubGlobal("window", { matchMedia: () => ({ matches: false }) });
vi.stubGlobal("document", { documentElement: {} });
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
const { call_features, look_of } = await import("./call_layer");

const NOW = Date.parse("2026-11-24T03:00:00Z");

function called(minutes_ago: number, more: Partial<CallMark> = {}): CallMark {
  const at = new Date(NOW - minutes_ago * 60_000).toISOString();
  const place = { service_point: "a1", lon: 11.4, lat: 53.6 };
  return { ...place, at, calls: 1, kind: "out", hazard: null, outage_id: null, ...more };
}

const image_of = (mark: CallMark): string => String(call_features([mark], NOW)[0]?.properties?.image);

test("how long ago is said in steps, and what is fresh stands out", () => {
  expect(image_of(called(0))).toBe("call|out|fresh|1 min");
  expect(image_of(called(7))).toBe("call|out|fresh|5 min");
  expect(image_of(called(10))).toBe("call|out|older|10 min");
  expect(image_of(called(119))).toBe("call|out|older|1 h");
  // A clock that is ahead of ours does no harm.
  expect(image_of(called(-3))).toBe("call|out|fresh|1 min");
  const minutes = Array.from({ length: 3_000 }, (_, minute) => minute);
  const images = new Set(minutes.map((minute) => image_of(called(minute))));
  expect(images.size).toBeLessThan(15);
});

test("every picture's name can be read again, and other names are left alone", () => {
  for (const kind of ["hazard", "out", "partial"] as const) {
    expect(look_of(image_of(called(3, { kind })))).toEqual({ kind, is_fresh: true, words: "2 min" });
  }
  expect(look_of("call|hazard|older|×12")).toEqual({ kind: "hazard", is_fresh: false, words: "×12" });
  for (const other of [
    "hazard|1",
    "crew|North|free|false|true",
    "call|nothing|fresh|1 min",
    "call|out",
    "",
  ]) {
    expect(look_of(other)).toBeNull();
  }
});

test("what bubbles are gathered by: calls, dangers, and whether any is fresh", () => {
  const [feature] = call_features([called(3, { kind: "hazard", calls: 4, outage_id: "O-1" })], NOW);
  expect(feature?.properties).toMatchObject({ id: "a1", outage_id: "O-1", calls: 4, hazards: 1, fresh: 1 });
});
