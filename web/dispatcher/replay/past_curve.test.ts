import { expect, test } from "vitest";
import { ground_of, peak_of } from "./past_curve";

const at = (minute: number): string => new Date(Date.UTC(2026, 10, 23, 8, minute)).toISOString();
const points = [
  { at: at(0), customers: 0, outages: 0 },
  { at: at(5), customers: 40, outages: 1 },
  { at: at(10), customers: 20, outages: 1 },
];

test("the curve is drawn from the foot up, as high as its peak", () => {
  const curve = { since: at(0), until: at(10), first_at: at(0), points };
  expect(ground_of(curve)).toBe("M0 60V60H500V4H1000V32V60Z");
  expect(peak_of(points)).toBe(40);
});

test("without anything there is nothing to draw", () => {
  expect(ground_of({ since: at(0), until: at(0), first_at: null, points: [] })).toBe("");
  expect(peak_of([])).toBe(0);
});
