// The crew's jobs are told as they change, go on where they were left, and are never those of another crew.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Session } from "../../src/shared/api/session";
import type { Outbox } from "../outbox/outbox";
import type { ReportStore } from "../outbox/report_store";
import type { Report } from "../outbox/reports";
import type { CrewJob, CrewJobs } from "./crew_job";
import { MyJobs } from "./my_jobs";

const asked: string[] = [];
let streams: ReadableStreamDefaultController<Uint8Array>[];
let may_stream: boolean;
let answer: () => CrewJobs;
let session: Session;
let kept: unknown;
let flushed: number;
const reports: Report[] = [];

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(20);
const job = (id: string, version: number, status = "assigned"): CrewJob =>
  ({ id, version, status, device: `F-${id}` }) as CrewJob;
const jobs = (position: number, ...list: CrewJob[]): CrewJobs => ({
  position,
  crew_id: "C-1",
  crew_name: "Crew North",
  jobs: list,
});

function tell(told: CrewJobs, event = "jobs"): Promise<unknown> {
  streams.at(-1)?.enqueue(text(`event: ${event}\nid: ${told.position}\ndata: ${JSON.stringify(told)}\n\n`));
  return settled();
}

function cut(): Promise<unknown> {
  streams.at(-1)?.error(new TypeError("network error"));
  return settled();
}

async function opened(): Promise<MyJobs> {
  const store = {
    kept_jobs: async () => kept,
    keep_jobs: async (_account: string, now: unknown) => {
      kept = now;
    },
  } as unknown as ReportStore;
  const flush = async (): Promise<void> => {
    flushed += 1;
  };
  const outbox = { waiting_steps: () => [], reports, flush } as unknown as Outbox;
  const my_jobs = new MyJobs(session, store, () => outbox);
  await my_jobs.start();
  await settled();
  return my_jobs;
}

beforeEach(() => {
  vi.useFakeTimers();
  asked.length = 0;
  streams = [];
  may_stream = true;
  kept = undefined;
  flushed = 0;
  answer = () => jobs(0);
  session = new Session();
  session.who = { name: "crew-1", roles: ["crew"], crew_id: "C-1", account: null };
  session.state = "signed_in";
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("document", new EventTarget());
  vi.stubGlobal("navigator", { onLine: true });
  vi.stubGlobal("fetch", async (path: string, { signal }: RequestInit) => {
    asked.push(path);
    if (!path.includes("/stream")) return new Response(JSON.stringify(answer()));
    if (!may_stream) throw new TypeError("no network");
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        streams.push(controller);
        signal?.addEventListener("abort", () => controller.error(signal.reason));
      },
    });
    return new Response(body);
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("what is told is shown, and kept for a page opened without signal", async () => {
  const my_jobs = await opened();
  expect(asked).toEqual(["/api/jobs/mine/stream"]);
  await tell(jobs(7, job("J-1", 7)));
  expect(my_jobs.jobs.value.map(({ id }) => id)).toEqual(["J-1"]);
  expect(my_jobs.crew_name.value).toBe("Crew North");
  expect(kept).toMatchObject({ position: 7 });
  const again = await opened();
  expect(again.jobs.value).toHaveLength(1);
  expect(asked.at(-1)).toBe("/api/jobs/mine/stream?after=7");
});

test("a stream that was cut goes on after the position seen last", async () => {
  const my_jobs = await opened();
  await tell(jobs(7, job("J-1", 7)));
  await cut();
  await vi.advanceTimersByTimeAsync(600);
  expect(asked.at(-1)).toBe("/api/jobs/mine/stream?after=7");
  await tell(jobs(9, job("J-1", 9, "accepted")));
  expect(my_jobs.jobs.value[0]?.status).toBe("accepted");
  expect(my_jobs.reach.value).toBe("live");
});

test("while it cannot be told it is asked for, and the page says so", async () => {
  const my_jobs = await opened();
  may_stream = false;
  answer = () => jobs(12, job("J-2", 12));
  await cut();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(my_jobs.reach.value).toBe("behind");
  expect(my_jobs.jobs.value.map(({ id }) => id)).toEqual(["J-2"]);
  may_stream = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(my_jobs.reach.value).toBe("live");
});

test("without signal the page says since when, and what waits goes out with its return", async () => {
  const my_jobs = await opened();
  may_stream = false;
  answer = () => {
    throw new TypeError("no network");
  };
  await cut();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(my_jobs.reach.value).toBe("lost");
  expect(my_jobs.lost_at.value).not.toBeNull();
  may_stream = true;
  window.dispatchEvent(new Event("online"));
  await settled();
  expect(my_jobs.reach.value).toBe("live");
  expect(flushed).toBe(1);
});

test("an older picture never replaces a newer one", async () => {
  const my_jobs = await opened();
  await tell(jobs(7, job("J-1", 7)));
  my_jobs.take_answer(job("J-1", 9, "accepted"));
  await tell(jobs(8, job("J-1", 7)));
  expect(my_jobs.jobs.value[0]?.status).toBe("accepted");
  await tell(jobs(6));
  expect(my_jobs.jobs.value).toHaveLength(1);
});

test("a position of another database starts everything anew", async () => {
  const my_jobs = await opened();
  await tell(jobs(700, job("J-1", 700, "working")));
  answer = () => jobs(3, job("J-1", 3));
  await tell({ position: 3 } as CrewJobs, "reload");
  await vi.advanceTimersByTimeAsync(600);
  expect(my_jobs.jobs.value[0]?.status).toBe("assigned");
  expect(asked.at(-1)).toBe("/api/jobs/mine/stream?after=3");
});

test("a job that goes without having been finished here is told as taken back", async () => {
  const my_jobs = await opened();
  await tell(jobs(7, job("J-1", 7)));
  await tell(jobs(8));
  expect(my_jobs.taken_back.value).toEqual([{ id: "J-1", device: "F-J-1" }]);
});

test("the jobs of a crew that signed in elsewhere in this browser are not shown", async () => {
  const my_jobs = await opened();
  await tell(jobs(7, job("J-1", 7)));
  await tell({ ...jobs(8, job("J-9", 8)), crew_id: "C-2" });
  expect(my_jobs.jobs.value.map(({ id }) => id)).toEqual(["J-1"]);
  expect(session.state).toBe("ended");
});
