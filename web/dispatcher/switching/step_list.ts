// Steps of an order as a list to be edited: moved, left out, turned round. Pure.
import type { StepOrder } from "../../src/shared/api/switching_model";

export function as_orders(steps: readonly StepOrder[]): StepOrder[] {
  return steps.map(({ action, device, phases }) => ({ action, device, phases }));
}

/** The list with the step at one place put at another; as it was where there is no such place. */
export function moved(steps: readonly StepOrder[], from: number, to: number): StepOrder[] {
  const list = as_orders(steps);
  if (to < 0 || to >= list.length) return list;
  list.splice(to, 0, ...list.splice(from, 1));
  return list;
}

export function without(steps: readonly StepOrder[], at: number): StepOrder[] {
  return as_orders(steps).filter((_, index) => index !== at);
}

export function is_same(one: readonly StepOrder[], other: readonly StepOrder[]): boolean {
  return JSON.stringify(as_orders(one)) === JSON.stringify(as_orders(other));
}

/** What undoes steps that were executed: each the other way round, the last one first. */
export function way_back(executed: readonly StepOrder[]): StepOrder[] {
  return as_orders(executed)
    .reverse()
    .map((step) => ({ ...step, action: step.action === "open" ? "close" : "open" }));
}
