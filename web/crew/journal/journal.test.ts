// The journal says of each report what was tapped, by both clocks, and what Relight answered.
import { expect, test } from "vitest";
import type { Report } from "../outbox/reports";
import { entry_of } from "./journal";

const step: Report = {
  sequence: 7,
  account: "crew-1",
  job_id: "J-1",
  device: "F-1",
  state: "waiting",
  body: {
    status: "working",
    occurred_at: "2026-07-01T12:00:00Z",
    phone_at: "2026-07-01T18:00:00Z",
    client_event_id: "e-1",
  },
};

test("a step waits, then is taken, now or before", () => {
  expect(entry_of(step)).toMatchObject({
    kind: "step",
    status: "working",
    outcome: "waiting",
    occurred_at: "2026-07-01T12:00:00Z",
    phone_at: "2026-07-01T18:00:00Z",
  });
  expect(entry_of({ ...step, state: "sent" }).outcome).toBe("applied");
  expect(entry_of({ ...step, state: "sent", outcome: "already_applied" }).outcome).toBe("already_applied");
});

test("what was refused says why, and what the job was by then", () => {
  const refusal = { code: "illegal_transition", text: "No.", status: "recalled" as const };
  const entry = entry_of({ ...step, state: "refused", refusal });
  expect(entry).toMatchObject({
    outcome: "refused",
    code: "illegal_transition",
    now_status: "recalled",
  });
});

test("of photos it says how far each has come", () => {
  const body = { occurred_at: "2026-07-01T12:00:00Z", client_event_id: "p-1" };
  const photos = [
    { id: "a", state: "sent" as const },
    { id: "b", state: "waiting" as const },
  ];
  const { account, job_id, device } = step;
  const report: Report = {
    kind: "hazard_photos",
    hazard_id: "H-1",
    account,
    job_id,
    device,
    photos,
    body,
    state: "waiting",
  };
  expect(entry_of(report)).toMatchObject({ kind: "hazard_photos", photos });
});
