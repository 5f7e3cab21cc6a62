// Nothing that a crew tapped is lost, sent twice as two things, or sent under another name.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Session } from "../../src/shared/api/session";
import { Outbox } from "./outbox";
import type { Reports } from "./report_store";
import type { DamageBody, DamageReportKept, Report, ReportBody } from "./reports";

const sent: { path: string; body: ReportBody & DamageBody & { photos: string[] } }[] = [];
let answer: (path: string) => Response | Promise<Response>;

function kept_in_memory(): Reports & { kept: Map<number, Report> } {
  const kept = new Map<number, Report>();
  return {
    kept,
    all: async () => [...kept.values()].map((report) => ({ ...report })),
    put: async (report) => {
      const sequence = report.sequence ?? kept.size + 1;
      kept.set(sequence, JSON.parse(JSON.stringify({ ...report, sequence })));
      return { ...report, sequence };
    },
    photo: async (id) => (id === "cleared" ? undefined : new Blob([id], { type: "image/jpeg" })),
    forget: async (sequence) => void kept.delete(sequence),
    tidy: async () => undefined,
    make_room: async () => undefined,
  };
}

function signed_in_as(name: string): Session {
  const session = new Session();
  session.who = { name, roles: ["crew"], crew_id: name, account: null };
  session.state = "signed_in";
  return session;
}

const json = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status });
const refused = (status: number, code: string, more = {}): Response =>
  json(status, { error: { code, text: "The server says why.", ...more } });
const job = { id: "J-1", device: "F-1" };
const step = (status: ReportBody["status"]) => ({ status, occurred_at: "2026-07-01T12:00:00Z" });
const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(10);

beforeEach(() => {
  vi.useFakeTimers();
  sent.length = 0;
  vi.stubGlobal("window", { addEventListener: () => undefined });
  vi.stubGlobal("fetch", async (path: string, { body }: { body: string | Blob }) => {
    const reply = await answer(path);
    sent.push({ path, body: typeof body === "string" ? JSON.parse(body) : null });
    return reply;
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("without signal a tap waits, and goes out under the same id when signal returns", async () => {
  const store = kept_in_memory();
  const outbox = new Outbox(store, signed_in_as("crew-1"), () => undefined);
  answer = () => Promise.reject(new TypeError("no network"));
  await outbox.report("crew-1", job, step("accepted"));
  await settled();
  expect(outbox.waiting("crew-1")).toHaveLength(1);
  const id = [...store.kept.values()][0]?.body.client_event_id;

  answer = () => json(200, {});
  await vi.advanceTimersByTimeAsync(2_100);
  expect(outbox.waiting("crew-1")).toHaveLength(0);
  expect(sent.map(({ body }) => body.client_event_id)).toEqual([id]);
});

test("the oldest goes first, and nothing overtakes it", async () => {
  const outbox = new Outbox(kept_in_memory(), signed_in_as("crew-1"), () => undefined);
  answer = () => Promise.reject(new TypeError("no network"));
  for (const status of ["accepted", "en_route", "on_site"] as const)
    await outbox.report("crew-1", job, step(status));
  answer = () => json(200, {});
  await vi.advanceTimersByTimeAsync(31_000);
  expect(sent.map(({ body }) => body.status)).toEqual(["accepted", "en_route", "on_site"]);
});

test("what the server refuses stays to be read, and the rest goes on", async () => {
  const outbox = new Outbox(kept_in_memory(), signed_in_as("crew-1"), () => undefined);
  answer = () => refused(409, "illegal_transition", { status: "recalled" });
  await outbox.report("crew-1", job, step("accepted"));
  await settled();
  expect(outbox.reports[0]).toMatchObject({ state: "refused", refusal: { status: "recalled" } });
  answer = () => json(200, {});
  await outbox.report("crew-1", { id: "J-2", device: "F-2" }, step("accepted"));
  await settled();
  expect(outbox.reports.map(({ state }) => state)).toEqual(["refused", "sent"]);
});

test("a sign-in that ended keeps everything waiting", async () => {
  const session = signed_in_as("crew-1");
  const outbox = new Outbox(kept_in_memory(), session, () => undefined);
  answer = () => refused(401, "sign_in_needed");
  await outbox.report("crew-1", job, step("accepted"));
  await settled();
  expect(session.state).toBe("ended");
  expect(outbox.waiting("crew-1")).toHaveLength(1);
});

test("what one crew tapped is never sent under the name of another", async () => {
  const store = kept_in_memory();
  const body = { ...step("accepted"), client_event_id: "e-1" };
  await store.put({ account: "crew-1", job_id: "J-1", device: "F-1", body, state: "waiting" });
  const outbox = new Outbox(store, signed_in_as("crew-2"), () => undefined);
  await outbox.load();
  answer = () => json(200, {});
  await outbox.flush();
  expect(sent).toHaveLength(0);
  expect(outbox.waiting("crew-1")).toHaveLength(1);
});

function damage(id: string, ...photos: string[]): Omit<DamageReportKept, "account" | "state"> {
  const items = [{ kind: "pole" as const, count: 2 }];
  const told = { items, skills: [], repair_minutes: 120, is_access_blocked: false, access: null, note: null };
  return {
    kind: "damage",
    job_id: "J-1",
    device: "F-1",
    outage_id: "O-1",
    photos: photos.map((photo) => ({ id: photo, state: "waiting" })),
    body: { ...told, occurred_at: "2026-07-01T12:00:00Z", client_event_id: id, replaces: null },
  };
}
const paths = (): string[] => sent.map(({ path }) => path);
const DAMAGE = "/api/outages/O-1/damage";
const taken = (path: string): Response => json(200, path === DAMAGE ? { id: "D-1" } : {});

test("a damage report without signal waits with its photos, which go ahead of it, once each", async () => {
  const store = kept_in_memory();
  const outbox = new Outbox(store, signed_in_as("crew-1"), () => undefined);
  answer = () => Promise.reject(new TypeError("no network"));
  await outbox.report_with_photos("crew-1", damage("d-1", "p-1", "p-2"));
  await settled();
  expect(outbox.waiting("crew-1")).toHaveLength(1);

  // The second photo is cut off: only that one goes again.
  answer = (path) => (path.endsWith("p-2") ? Promise.reject(new TypeError("cut")) : taken(path));
  await vi.advanceTimersByTimeAsync(2_100);
  answer = taken;
  await vi.advanceTimersByTimeAsync(31_000);
  expect(paths()).toEqual(["/api/photos/p-1", "/api/photos/p-2", DAMAGE]);
  expect(sent.at(-1)?.body).toMatchObject({ client_event_id: "d-1", photos: ["p-1", "p-2"] });
  expect(outbox.last_damage("crew-1", "J-1")).toMatchObject({ state: "sent", taken_as: "D-1" });
});

test("an answer that was lost makes no second report: the same id goes again", async () => {
  const outbox = new Outbox(kept_in_memory(), signed_in_as("crew-1"), () => undefined);
  const ids: string[] = [];
  answer = () => json(502, {});
  await outbox.report_with_photos("crew-1", damage("d-1"));
  await settled();
  answer = taken;
  await vi.advanceTimersByTimeAsync(2_100);
  for (const { body } of sent) ids.push(body.client_event_id);
  expect(ids).toEqual(["d-1", "d-1"]);
});

test("a step never waits for photos", async () => {
  const outbox = new Outbox(kept_in_memory(), signed_in_as("crew-1"), () => undefined);
  answer = () => Promise.reject(new TypeError("no network"));
  await outbox.report_with_photos("crew-1", damage("d-1", "p-1"));
  await outbox.report("crew-1", job, step("finished"));
  answer = taken;
  await vi.advanceTimersByTimeAsync(31_000);
  expect(paths()).toEqual(["/api/jobs/J-1/progress", "/api/photos/p-1", DAMAGE]);
});

test("a photo that cannot be read, or is gone from the phone, holds nothing up", async () => {
  const outbox = new Outbox(kept_in_memory(), signed_in_as("crew-1"), () => undefined);
  answer = (path) => (path.endsWith("p-1") ? refused(422, "photo_refused") : taken(path));
  await outbox.report_with_photos("crew-1", damage("d-1", "p-1", "cleared", "p-2"));
  await settled();
  expect(sent.at(-1)?.body.photos).toEqual(["p-2"]);
  expect(outbox.last_damage("crew-1", "J-1")?.photos.map(({ state }) => state)).toEqual([
    "refused",
    "refused",
    "sent",
  ]);
});

test("photos that Relight has removed meanwhile are sent once more, and only once", async () => {
  const outbox = new Outbox(kept_in_memory(), signed_in_as("crew-1"), () => undefined);
  answer = (path) => (path === DAMAGE ? refused(404, "unknown", { kind: "photo" }) : taken(path));
  await outbox.report_with_photos("crew-1", damage("d-1", "p-1"));
  await settled();
  expect(paths()).toEqual(["/api/photos/p-1", DAMAGE, "/api/photos/p-1", DAMAGE]);
  expect(outbox.reports[0]?.state).toBe("refused");
});

test("a correction written without signal names the report that it corrects", async () => {
  const outbox = new Outbox(kept_in_memory(), signed_in_as("crew-1"), () => undefined);
  answer = () => Promise.reject(new TypeError("no network"));
  await outbox.report_with_photos("crew-1", damage("d-1"));
  await outbox.report_with_photos("crew-1", { ...damage("d-2"), corrects: "d-1" });
  answer = taken;
  await vi.advanceTimersByTimeAsync(31_000);
  expect(sent.map(({ body }) => [body.client_event_id, body.replaces])).toEqual([
    ["d-1", null],
    ["d-2", "D-1"],
  ]);
});

test("material goes in the order of tapping with the steps, ahead of photos", async () => {
  const outbox = new Outbox(kept_in_memory(), signed_in_as("crew-1"), () => undefined);
  answer = () => Promise.reject(new TypeError("no network"));
  await outbox.report_with_photos("crew-1", damage("d-1", "p-1"));
  await outbox.report("crew-1", job, step("working"));
  await outbox.report_materials("crew-1", job, {
    items: [{ kind: "pole", quantity: 2 }],
    occurred_at: "2026-07-01T12:00:00Z",
  });
  await outbox.report("crew-1", job, step("finished"));
  answer = taken;
  await vi.advanceTimersByTimeAsync(31_000);
  expect(paths()).toEqual([
    "/api/jobs/J-1/progress",
    "/api/jobs/J-1/materials",
    "/api/jobs/J-1/progress",
    "/api/photos/p-1",
    DAMAGE,
  ]);
});

test("what there is no room for is said, held, sent all the same, and kept once there is room", async () => {
  const store = kept_in_memory();
  const room = { is_full: true, was_made: 0 };
  const put = store.put;
  store.put = async (report) => {
    if (room.is_full) throw new DOMException("full", "QuotaExceededError");
    return put(report);
  };
  store.make_room = async () => {
    room.was_made += 1;
  };
  const outbox = new Outbox(store, signed_in_as("crew-1"), () => undefined);
  answer = () => Promise.reject(new TypeError("no network"));
  await outbox.report("crew-1", job, step("accepted"));
  await settled();
  expect([room.was_made, outbox.unkept("crew-1").length, store.kept.size]).toEqual([1, 1, 0]);
  room.is_full = false;
  answer = () => json(200, { outcome: "applied" });
  await vi.advanceTimersByTimeAsync(31_000);
  expect(outbox.unkept("crew-1")).toHaveLength(0);
  expect([...store.kept.values()].map(({ state }) => state)).toEqual(["sent"]);
});

test("where the map makes room, the report is kept after all", async () => {
  const store = kept_in_memory();
  const room = { is_full: true };
  const put = store.put;
  store.put = async (report) => {
    if (room.is_full) throw new DOMException("full", "QuotaExceededError");
    return put(report);
  };
  store.make_room = async () => {
    room.is_full = false;
  };
  const outbox = new Outbox(store, signed_in_as("crew-1"), () => undefined);
  answer = () => Promise.reject(new TypeError("no network"));
  await outbox.report("crew-1", job, step("accepted"));
  expect([outbox.unkept("crew-1").length, store.kept.size]).toEqual([0, 1]);
});

test("what a wrong clock puts into the future is sent as of now, and the phone's own clock goes along", async () => {
  const now = Date.parse("2026-07-01T12:00:00Z");
  const outbox = new Outbox(
    kept_in_memory(),
    signed_in_as("crew-1"),
    () => undefined,
    async () => now,
  );
  answer = () => json(200, {});
  const six_hours_off = "2026-07-01T18:00:00Z";
  const body = { ...step("accepted"), occurred_at: six_hours_off, phone_at: six_hours_off };
  await outbox.report("crew-1", job, body);
  await settled();
  expect(sent[0]?.body).toMatchObject({ occurred_at: "2026-07-01T12:00:00.000Z", phone_at: six_hours_off });
});

test("whether Relight took it now or before is kept", async () => {
  const outbox = new Outbox(kept_in_memory(), signed_in_as("crew-1"), () => undefined);
  answer = () => json(200, { outcome: "already_applied" });
  await outbox.report("crew-1", job, step("accepted"));
  await settled();
  expect(outbox.reports[0]).toMatchObject({ state: "sent", outcome: "already_applied" });
});

test("that police was relieved is a report like any other: kept, sent once, with its time", async () => {
  const outbox = new Outbox(kept_in_memory(), signed_in_as("crew-1"), () => undefined);
  answer = () => Promise.reject(new TypeError("no network"));
  const body = { occurred_at: "2026-07-01T12:00:00Z", client_event_id: "r-1" };
  await outbox.report_relief("crew-1", {
    kind: "relief",
    job_id: "J-1",
    device: "H-1",
    hazard_id: "H-1",
    body,
  });
  await settled();
  expect(outbox.waiting("crew-1")).toHaveLength(1);
  answer = () => json(200, {});
  await vi.advanceTimersByTimeAsync(2_100);
  expect(sent.at(-1)).toMatchObject({
    path: "/api/hazards/H-1/authority-relieved",
    body: { at: body.occurred_at, client_event_id: "r-1" },
  });
});
