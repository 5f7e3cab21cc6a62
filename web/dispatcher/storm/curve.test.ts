import { describe, expect, it } from "vitest";
import type { RestorationCurve } from "../../src/shared/api/storm_model";
import { customers_at, draw_curve, nice_top, time_at } from "./curve";

const frame = { width: 120, height: 70, left: 10, right: 10, top: 10, bottom: 10 };
const at = (minutes: number): string => new Date(Date.UTC(2026, 10, 23, 12, minutes)).toISOString();

function curve(past: [number, number][], future: [number, number][] = []): RestorationCurve {
  const points = (line: [number, number][]) =>
    line.map(([minutes, customers]) => ({ at: at(minutes), customers }));
  return {
    since: at(0),
    until: at(50),
    past: points(past),
    future: points(future),
    now_out: past.at(-1)?.[1] ?? 0,
    peak: { at: at(0), customers: 0 },
    customer_minutes: 0,
    unpromised: 0,
    predicted: 0,
    outages_predicted: 0,
  };
}

describe("the curve", () => {
  it("is drawn in steps, the past on its ground, the future as a line", () => {
    const one = curve(
      [
        [0, 0],
        [25, 40],
        [50, 20],
      ],
      [
        [50, 20],
        [100, 0],
      ],
    );
    const drawn = draw_curve(one, frame);
    expect(drawn.top).toBe(40);
    expect(drawn.past).toBe("M10 60H35V10H60V35");
    expect(drawn.ground).toBe("M10 60H35V10H60V35V60H10Z");
    expect(drawn.future).toBe("M60 35H110V60");
    expect(drawn.now_x).toBe(60);
    expect(drawn.rows.map(({ value }) => value)).toEqual([0, 20, 40]);
  });

  it("is flat where nobody is out, and fills the frame where nothing is promised", () => {
    const drawn = draw_curve(
      curve([
        [0, 0],
        [50, 0],
      ]),
      frame,
    );
    expect(drawn.past).toBe("M10 60H110V60");
    expect(drawn.future).toBe("");
    expect(drawn.top).toBe(2);
  });

  it("tells how many are out at a time", () => {
    const one = curve(
      [
        [0, 0],
        [25, 40],
        [50, 20],
      ],
      [
        [50, 20],
        [100, 0],
      ],
    );
    const told = (minutes: number) => customers_at(one, Date.parse(at(minutes)))?.customers;
    expect([0, 24, 25, 49, 51, 99, 100].map(told)).toEqual([0, 0, 40, 40, 20, 20, 0]);
    expect(time_at(one, frame, 60)).toBe(Date.parse(at(50)));
    expect(time_at(one, frame, 1000)).toBe(Date.parse(at(100)));
  });

  it("has a top that people can read", () => {
    expect([0, 2, 3, 9, 41, 600, 123_456].map(nice_top)).toEqual([2, 2, 4, 10, 50, 800, 200_000]);
  });
});
