// Steps of an order as a list to be edited: moved, left out, turned round. Pure.
import type { StepOrder } from "../../src/shared/api/switching_model";

/** Steps as they are sent: what they have no use for is null, however they came. */
export function as_orders(steps: readonly StepOrder[]): StepOrder[] {
  return steps.map((one) => ({
    action: one.action,
    device: one.device ?? null,
    name: one.name ?? null,
    node: one.node ?? null,
    to_node: one.to_node ?? null,
    rated_a: one.rated_a ?? null,
    rated_kva: one.rated_kva ?? null,
    phases: one.phases,
  }));
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

/**
 * What undoes steps that were executed: each the other way round, the last one first. What was removed is placed again
 * as one of these steps had placed it; where none had, it is left out.
 */
export function way_back(executed: readonly StepOrder[]): StepOrder[] {
  const steps = as_orders(executed);
  const back: StepOrder[] = [];
  for (const step of [...steps].reverse()) {
    if (step.action === "open") back.push({ ...step, action: "close" });
    else if (step.action === "close") back.push({ ...step, action: "open" });
    else if (step.action === "remove") {
      const placed = steps.find((one) => one.action !== "remove" && one.name === step.name);
      if (placed) back.push(placed);
    } else back.push(...as_orders([{ action: "remove", name: step.name ?? null, phases: step.phases }]));
  }
  return back;
}

/** The names of what steps leave placed, beside what is placed already. */
export function placed_after(steps: readonly StepOrder[], placed: Iterable<string>): string[] {
  const names = new Set(placed);
  for (const { action, name } of steps) {
    if (!name) continue;
    if (action === "remove") names.delete(name);
    else names.add(name);
  }
  return [...names].sort();
}
