// The curve of customers out as lines of an SVG. Pure: what is drawn where, by times and numbers alone.
import type { CurvePoint, RestorationCurve } from "../../src/shared/api/storm_model";

export interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Tick {
  at: number;
  value: number;
}

export interface DrawnCurve {
  /** The line of what was, the ground beneath it, and the line of what was promised (empty where nothing is). */
  past: string;
  ground: string;
  future: string;
  /** Where now is. */
  now_x: number;
  /** How high the frame reaches. */
  top: number;
  /** Horizontal lines: place and number of customers. */
  rows: Tick[];
  /** Times along the foot: place and milliseconds. */
  times: Tick[];
}

const ROWS = 2;
const TIMES = 5;

/** The smallest of 1, 2, 4, 5, 8 times a power of ten that holds the value; 2 at least. */
export function nice_top(value: number): number {
  for (let size = 1; ; size *= 10)
    for (const factor of [1, 2, 4, 5, 8]) if (factor * size >= Math.max(value, 2)) return factor * size;
}

export function draw_curve(curve: RestorationCurve, frame: Frame): DrawnCurve {
  const points = [...curve.past, ...curve.future];
  const first = Date.parse(curve.since);
  const last = Math.max(Date.parse(curve.until), ...curve.future.map(({ at }) => Date.parse(at)));
  const top = nice_top(Math.max(...points.map(({ customers }) => customers)));
  const span = Math.max(last - first, 1);
  const x = (at: number): number =>
    round(frame.left + ((at - first) / span) * (frame.width - frame.left - frame.right));
  const foot = frame.height - frame.bottom;
  const y = (customers: number): number => round(foot - (customers / top) * (foot - frame.top));

  function steps(line: readonly CurvePoint[]): string {
    return line
      .map(({ at, customers }, index) =>
        index === 0 ? `M${x(Date.parse(at))} ${y(customers)}` : `H${x(Date.parse(at))}V${y(customers)}`,
      )
      .join("");
  }

  const past = steps(curve.past);
  return {
    past,
    ground: past ? `${past}V${y(0)}H${x(first)}Z` : "",
    future: curve.future.length > 1 ? steps(curve.future) : "",
    now_x: x(Date.parse(curve.until)),
    top,
    rows: range(ROWS).map((row) => ({ at: y((top * row) / ROWS), value: (top * row) / ROWS })),
    times: range(TIMES).map((step) => {
      const at = first + (span * step) / TIMES;
      return { at: x(at), value: at };
    }),
  };
}

/** How many are out at a time; null outside of the curve. */
export function customers_at(curve: RestorationCurve, at: number): CurvePoint | null {
  const until = Date.parse(curve.until);
  const line = at <= until ? curve.past : curve.future;
  let found: CurvePoint | null = null;
  for (const point of line) {
    if (Date.parse(point.at) > at) break;
    found = point;
  }
  return found;
}

/** The time at a place of the frame. */
export function time_at(curve: RestorationCurve, frame: Frame, x: number): number {
  const first = Date.parse(curve.since);
  const last = Math.max(Date.parse(curve.until), ...curve.future.map(({ at }) => Date.parse(at)));
  const share = (x - frame.left) / (frame.width - frame.left - frame.right);
  return first + Math.min(1, Math.max(0, share)) * (last - first);
}

function range(last: number): number[] {
  return Array.from({ length: last + 1 }, (_, index) => index);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
