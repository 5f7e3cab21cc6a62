// A sign-in that ends, and refusals that come late.
import { beforeEach, expect, test, vi } from "vitest";
import { ask } from "./request";
import { Session } from "./session";

const WHO = { name: "dispatcher", roles: ["dispatcher"], crew_id: null, account: null };
let session: Session;
/** What was asked and is not answered yet. */
let waiting: { path: string; answer: (status: number, body: unknown) => void }[];

beforeEach(() => {
  waiting = [];
  session = new Session();
  vi.stubGlobal("fetch", (path: string) => {
    return new Promise<Response>((resolve) => {
      const answer = (status: number, body: unknown): void =>
        resolve(new Response(JSON.stringify(body), { status }));
      waiting.push({ path, answer });
    });
  });
});

const REFUSED = { error: { code: "sign_in_needed", text: "Sign in first." } };

async function sign_in(): Promise<void> {
  const done = session.sign_in("dispatcher", "secret");
  waiting.pop()?.answer(200, WHO);
  await done;
}

async function refused(asked: Promise<unknown>): Promise<unknown> {
  return asked.catch((error: unknown) => error);
}

test("a refusal ends the sign-in", async () => {
  await sign_in();
  const asked = refused(ask("/api/outages"));
  waiting.pop()?.answer(401, REFUSED);
  expect(session.notice(await asked)).toBe(true);
  expect(session.state).toBe("ended");
});

test("a late refusal of what was asked under the sign-in before does not end the new one", async () => {
  await sign_in();
  const early = refused(ask("/api/outages"));
  const slow = waiting.pop();
  const asked = refused(ask("/api/crews"));
  waiting.pop()?.answer(401, REFUSED);
  session.notice(await asked);
  await new Promise((resolve) => setTimeout(resolve, 2));
  await sign_in();
  slow?.answer(401, REFUSED);
  expect(session.notice(await early)).toBe(true);
  expect(session.state).toBe("signed_in");
});

test("a refusal after signing in again ends that one too", async () => {
  await sign_in();
  session.note_another();
  await sign_in();
  const asked = refused(ask("/api/outages"));
  waiting.pop()?.answer(401, REFUSED);
  session.notice(await asked);
  expect(session.state).toBe("ended");
});

test("opened without signal, the page goes on as who was signed in, until Relight says otherwise", async () => {
  session.presume(WHO);
  expect([session.state, session.who?.name]).toEqual(["away", "dispatcher"]);
  const looked = session.look();
  waiting.pop()?.answer(401, REFUSED);
  await looked;
  // Ended, not gone: what is tapped goes on under that name.
  expect([session.state, session.who?.name]).toEqual(["ended", "dispatcher"]);
});

test("who is presumed gives way to who is signed in", async () => {
  session.presume(WHO);
  const looked = session.look();
  waiting.pop()?.answer(200, { ...WHO, name: "somebody_else" });
  await looked;
  expect([session.state, session.who?.name]).toEqual(["signed_in", "somebody_else"]);
});
