import { expect, test } from "vitest";
import type { Change } from "../../src/shared/api/model";
import { tell_all } from "./tell_all";

const at = "2026-11-23T08:00:00+00:00";
const place = { lon: 11.4, lat: 53.6 };

function change(more: Partial<Change>): Change {
  return {
    position: 1,
    recorded_at: at,
    occurred_at: at,
    name: "outage.confirmed",
    actor: "wang",
    subject: "outage:O-1",
    outage_id: "O-1",
    data: {},
    ...more,
  };
}

const begun = change({
  data: { values: { status: { old: null, new: "predicted" }, device: { old: null, new: "F1" } } },
});
const shown = new Map([["O-1", {}]]);

test("changes of what is shown, and of what begins, are followed", () => {
  expect(tell_all([change({})], shown, {})).toBe(true);
  expect(tell_all([begun, change({})], new Map(), { "O-1": place })).toBe(true);
  expect(tell_all([change({ subject: "crew:C-1", outage_id: null })], new Map(), {})).toBe(true);
});

test("what was out of sight, stands at a place nobody told, or switches the network is asked for", () => {
  expect(tell_all([change({})], new Map(), {})).toBe(false);
  expect(tell_all([begun], new Map(), {})).toBe(false);
  expect(tell_all([change({ name: "switching.executed", outage_id: null })], shown, {})).toBe(false);
});
