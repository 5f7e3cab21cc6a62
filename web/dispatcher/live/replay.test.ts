// A snapshot before, and the changes after it, give the snapshot after: the same rules as dispatch/replay.py.
import { expect, test } from "vitest";
import type { Change } from "../../src/shared/api/model";
import {
  apply_change,
  type Known,
  type Snapshot,
  take_interruptions,
  take_shelves,
  take_snapshot,
} from "./replay";

function nothing_known(): Known {
  return {
    outages: new Map(),
    jobs: new Map(),
    crews: new Map(),
    conflicts: new Map(),
    hazards: new Map(),
    road_closures: new Map(),
    switching_orders: new Map(),
    tags: new Map(),
    incidents: new Map(),
    interruptions: new Map(),
    interruptions_at: 0,
  };
}

function change(position: number, more: Partial<Change>): Change {
  const at = "2026-07-01T12:00:00+00:00";
  return {
    position,
    recorded_at: at,
    occurred_at: at,
    name: "outage.predicted",
    actor: "engine",
    subject: "outage:O-1",
    outage_id: "O-1",
    data: {},
    ...more,
  };
}

const now = (value: unknown) => ({ old: null, new: value });

test("a new outage appears with its households", () => {
  const known = nothing_known();
  apply_change(
    known,
    change(7, {
      data: {
        values: { status: now("predicted"), device: now("F-1") },
        interruptions: { started: { "2026-07-01T11:58:00+00:00": { "S-1": 1, "S-2": 3 } } },
      },
    }),
  );
  expect(known.outages.get("O-1")).toMatchObject({
    id: "O-1",
    status: "predicted",
    device: "F-1",
    version: 7,
  });
  expect(known.interruptions.get("O-1")?.get("S-2")).toEqual({
    started_at: "2026-07-01T11:58:00+00:00",
    ended_at: null,
    customers: 3,
  });
});

test("a job's change moves the version of its outage", () => {
  const known = nothing_known();
  apply_change(known, change(1, { data: { values: { status: now("confirmed") } } }));
  apply_change(
    known,
    change(2, { name: "job.assigned", subject: "job:J-1", data: { values: { status: now("assigned") } } }),
  );
  expect(known.outages.get("O-1")?.version).toBe(2);
  expect(known.jobs.get("J-1")?.status).toBe("assigned");
});

test("a value that becomes nothing is absent", () => {
  const known = nothing_known();
  apply_change(known, change(1, { data: { values: { etr_at: now("2026-07-01T14:00:00+00:00") } } }));
  apply_change(known, change(2, { data: { values: { etr_at: { old: "x", new: null } } } }));
  expect(known.outages.get("O-1")).not.toHaveProperty("etr_at");
});

test("households go over when an outage is merged, and end when supply is back", () => {
  const known = nothing_known();
  const started = { started: { "2026-07-01T11:58:00+00:00": { "S-1": 1 } } };
  apply_change(known, change(1, { data: { interruptions: started } }));
  apply_change(known, change(2, { subject: "outage:O-2", outage_id: "O-2" }));
  apply_change(known, change(3, { name: "outage.merged", data: { interruptions: { moved_to: "O-2" } } }));
  expect(known.interruptions.has("O-1")).toBe(false);
  const ended = { ended: { "2026-07-01T13:00:00+00:00": ["S-1"] } };
  apply_change(known, change(4, { subject: "outage:O-2", outage_id: "O-2", data: { interruptions: ended } }));
  expect(known.interruptions.get("O-2")?.get("S-1")?.ended_at).toBe("2026-07-01T13:00:00+00:00");
});

test("what a change alters is replaced, not written into", () => {
  const known = nothing_known();
  apply_change(known, change(1, { data: { values: { status: now("predicted") } } }));
  const before = known.outages.get("O-1");
  apply_change(known, change(2, { data: { values: { status: now("confirmed") } } }));
  expect(before?.status).toBe("predicted");
});

test("a snapshot replaces all that was known", () => {
  const known = nothing_known();
  apply_change(known, change(1, { data: { values: { status: now("predicted") } } }));
  const snapshot = {
    position: 9,
    outages: {},
    jobs: {},
    crews: {},
    conflicts: {},
    hazards: {},
    road_closures: {},
    switching_orders: {},
    tags: {},
    incidents: {},
    interruptions: {},
  } as Snapshot;
  take_snapshot(known, snapshot);
  expect(known.outages.size).toBe(0);
});

test("who is out may be told later than the rest, and at another position", () => {
  const at = "2026-07-01T11:58:00+00:00";
  const lost = (position: number, ...households: string[]): Change =>
    change(position, {
      data: { interruptions: { started: { [at]: Object.fromEntries(households.map((one) => [one, 1])) } } },
    });
  const course = [
    lost(4, "S-1", "S-2"),
    change(5, { data: { interruptions: { ended: { "2026-07-01T13:00:00+00:00": ["S-1"] } } } }),
    change(6, { data: { interruptions: { withdrawn: ["S-2"] } } }),
    lost(7, "S-3"),
  ];
  const all = nothing_known();
  for (const one of course) apply_change(all, one);
  const empty = {
    position: 3,
    outages: {},
    jobs: {},
    crews: {},
    conflicts: {},
    hazards: {},
    road_closures: {},
  };
  // Whichever changes came before it was told, after it, or on both sides of it.
  for (let told_at = 3; told_at <= 7; told_at += 1) {
    for (let come = 0; come <= course.length; come += 1) {
      const then = nothing_known();
      for (const one of course) if (one.position <= told_at) apply_change(then, one);
      const interruptions = Object.fromEntries(
        [...then.interruptions].map(([id, own]) => [id, Object.fromEntries(own)]),
      );
      const known = nothing_known();
      take_shelves(known, { ...empty, switching_orders: {}, tags: {}, incidents: {} });
      for (const one of course.slice(0, come)) apply_change(known, one);
      expect(known.interruptions.size).toBe(0);
      take_interruptions(known, { position: told_at, interruptions }, course.slice(0, come));
      for (const one of course.slice(come)) apply_change(known, one);
      expect(known.interruptions).toEqual(all.interruptions);
    }
  }
});

test("a conflict appears, its facts change, and it leaves when it is cleared", () => {
  const known = nothing_known();
  const about = { subject: "conflict:X-1", outage_id: null };
  const found = { code: now("clock_off"), subject: now("meter_system"), facts: now({ count: 1 }) };
  apply_change(known, change(1, { ...about, name: "conflict.found", data: { values: found } }));
  const more = { facts: { old: { count: 1 }, new: { count: 9 } } };
  apply_change(known, change(2, { ...about, name: "conflict.changed", data: { values: more } }));
  expect(known.conflicts.get("X-1")).toMatchObject({ code: "clock_off", facts: { count: 9 } });
  const over = { cleared_at: now("2026-07-01T13:00:00+00:00") };
  apply_change(known, change(3, { ...about, name: "conflict.cleared", data: { values: over } }));
  expect(known.conflicts.size).toBe(0);
});

test("an order has its steps, each told and then done; a removed tag leaves", () => {
  const known = nothing_known();
  const order = { subject: "switching_order:S-1", outage_id: null };
  const steps = [
    { action: "open", device: "SW1", phases: "ABC" },
    { action: "close", device: "TIE", phases: "ABC" },
  ];
  const drafted = { status: now("draft"), kind: now("emergency") };
  apply_change(known, change(1, { ...order, name: "switching.drafted", data: { values: drafted, steps } }));
  const before = known.switching_orders.get("S-1");
  expect(before?.steps.map(({ number, status }) => [number, status])).toEqual([
    [1, "waiting"],
    [2, "waiting"],
  ]);
  const told = { number: 1, action: "open", device: "SW1", instructed_to: "Squad 3" };
  apply_change(known, change(2, { ...order, name: "switching.instructed", data: { step: told } }));
  const done = { number: 1, executed_at: "2026-07-01T12:10:00+00:00", open_phases: "ABC", flags: [] };
  apply_change(known, change(3, { ...order, name: "switching.executed", data: { step: done } }));
  const after = known.switching_orders.get("S-1");
  expect(after).toMatchObject({ version: 3, status: "draft" });
  expect(after?.steps[0]).toMatchObject({ status: "executed", instructed_to: "Squad 3", device: "SW1" });
  expect(after?.steps[0]).not.toHaveProperty("open_phases");
  expect(before?.steps[0]?.status).toBe("waiting");

  const tag = { subject: "tag:T-1", outage_id: null };
  apply_change(known, change(4, { ...tag, name: "tag.placed", data: { values: { device: now("SW1") } } }));
  expect(known.tags.get("T-1")?.device).toBe("SW1");
  apply_change(known, change(5, { ...tag, name: "tag.removed", data: { values: { removed_at: now("x") } } }));
  expect(known.tags.size).toBe(0);
});

test("an incident comes with its outages, and leaves when it is closed", () => {
  const known = nothing_known();
  const incident = { subject: "incident:I-1", outage_id: null };
  const opened = { name: now("storm cell") };
  apply_change(known, change(1, { ...incident, name: "incident.opened", data: { values: opened } }));
  const belongs = { values: { incident_id: now("I-1") }, incident: "I-1" };
  apply_change(known, change(2, { name: "incident.outage_added", data: belongs }));
  expect(known.outages.get("O-1")?.incident_id).toBe("I-1");
  expect(known.incidents.get("I-1")).toMatchObject({ name: "storm cell", version: 2 });
  const closed = { closed_at: now("2026-07-01T13:00:00+00:00") };
  apply_change(known, change(3, { ...incident, name: "incident.closed", data: { values: closed } }));
  expect(known.incidents.size).toBe(0);
});
