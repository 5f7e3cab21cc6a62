// The ground of the slider: customers out over time as a shape of an SVG. Pure.
import type { PastCurve, PastPoint } from "../../src/shared/api/replay_model";

export const WIDTH = 1_000;
export const HEIGHT = 60;

/** The shape from the foot up, as steps; empty where there is nothing. */
export function ground_of({ since, until, points }: PastCurve): string {
  const first = Date.parse(since);
  const span = Math.max(1, Date.parse(until) - first);
  const top = Math.max(1, ...points.map(({ customers }) => customers));
  const x = (at: string): number => round(((Date.parse(at) - first) / span) * WIDTH);
  const y = (customers: number): number => round(HEIGHT - (customers / top) * (HEIGHT - 4));
  const [start, ...others] = points;
  if (!start) return "";
  const steps = others.map(({ at, customers }) => `H${x(at)}V${y(customers)}`).join("");
  return `M0 ${HEIGHT}V${y(start.customers)}${steps}V${HEIGHT}Z`;
}

/** The most customers that were out. */
export function peak_of(points: readonly PastPoint[]): number {
  return Math.max(0, ...points.map(({ customers }) => customers));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
