// A photo goes on from where it was cut: what has arrived is not sent again.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Away } from "./errors";
import { send_photo_in_parts } from "./photos";

const SIZE = 500_000;
let received: number;
let sent: number;
let cut_after: number;

beforeEach(() => {
  received = 0;
  sent = 0;
  cut_after = Number.POSITIVE_INFINITY;
  vi.stubGlobal("fetch", async (path: string, { method, body }: { method: string; body?: Blob }) => {
    const answer = (): Response =>
      new Response(JSON.stringify({ status: received === SIZE ? "accepted" : "partial", received }));
    if (method !== "PUT") return answer();
    if (sent >= cut_after) throw new TypeError("cut");
    const begins_at = Number(new URL(path, "http://relight").searchParams.get("begins_at"));
    sent += body?.size ?? 0;
    if (begins_at <= received) received = begins_at + (body?.size ?? 0);
    return answer();
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test("interrupted at ninety per cent, the rest is sent and no more", async () => {
  const photo = new Blob([new Uint8Array(SIZE)]);
  cut_after = SIZE * 0.7;
  await expect(send_photo_in_parts("photo-1", photo)).rejects.toBeInstanceOf(Away);
  expect(received).toBeGreaterThan(SIZE * 0.7);
  cut_after = Number.POSITIVE_INFINITY;
  await send_photo_in_parts("photo-1", photo);
  expect([received, sent]).toEqual([SIZE, SIZE]);
});

test("parts that Relight has lost are sent once more", async () => {
  const photo = new Blob([new Uint8Array(SIZE)]);
  cut_after = SIZE * 0.5;
  await expect(send_photo_in_parts("photo-1", photo)).rejects.toBeInstanceOf(Away);
  received = 0;
  cut_after = Number.POSITIVE_INFINITY;
  await send_photo_in_parts("photo-1", photo);
  expect(received).toBe(SIZE);
});
