// The sun, against the almanac.
import { expect, test } from "vitest";
import { is_sun_up, next_change } from "./sun";

const schwerin = { lon: 11.41, lat: 53.63 };
const beijing = { lon: 116.4, lat: 39.9 };
const tromso = { lon: 18.96, lat: 69.65 };
const minutes = (a: number, b: string): number => Math.abs(a - Date.parse(b)) / 60_000;

test("it rises and sets as the almanac says", () => {
  expect(minutes(next_change(Date.parse("2026-11-23T12:00Z"), schwerin), "2026-11-23T15:04Z")).toBeLessThan(
    10,
  );
  expect(minutes(next_change(Date.parse("2026-06-21T12:00Z"), schwerin), "2026-06-21T19:48Z")).toBeLessThan(
    10,
  );
  expect(minutes(next_change(Date.parse("2026-06-20T18:00Z"), beijing), "2026-06-20T20:46Z")).toBeLessThan(
    10,
  );
});

test("in the far north it stays down in winter, and up in summer", () => {
  const winter = Date.parse("2026-12-21T11:00Z");
  expect(is_sun_up(winter, tromso)).toBe(false);
  expect(next_change(winter, tromso) - winter).toBe(86_400_000);
  expect(is_sun_up(Date.parse("2026-06-21T23:00Z"), tromso)).toBe(true);
});
