// Nothing that a crew tapped is lost, sent twice as two things, or sent under another name.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Session } from "../../src/shared/api/session";
import { Outbox } from "./outbox";
import type { Report, Reports } from "./report_store";

const sent: { path: string; body: Report["body"] }[] = [];
let answer: () => Response | Promise<Response>;

function kept_in_memory(): Reports & { kept: Map<number, Report> } {
  const kept = new Map<number, Report>();
  return {
    kept,
    all: async () => [...kept.values()].map((report) => ({ ...report })),
    put: async (report) => {
      const sequence = report.sequence ?? kept.size + 1;
      kept.set(sequence, { ...report, sequence });
      return { ...report, sequence };
    },
    forget: async (sequence) => void kept.delete(sequence),
    tidy: async () => undefined,
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
const step = (status: Report["body"]["status"]) => ({ status, occurred_at: "2026-07-01T12:00:00Z" });
const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(10);

beforeEach(() => {
  vi.useFakeTimers();
  sent.length = 0;
  vi.stubGlobal("window", { addEventListener: () => undefined });
  vi.stubGlobal("fetch", async (path: string, { body }: { body: string }) => {
    const reply = await answer();
    sent.push({ path, body: JSON.parse(body) });
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
