// Editing the steps of an order.
import { expect, test } from "vitest";
import type { StepOrder } from "../../src/shared/api/switching_model";
import { is_same, moved, way_back, without } from "./step_list";

const open = (device: string): StepOrder => ({ action: "open", device, phases: "ABC" });
const close = (device: string): StepOrder => ({ action: "close", device, phases: "ABC" });
const steps = [open("SW1"), close("TIE"), open("SW2")];

test("a step is moved, and not beyond the ends", () => {
  expect(moved(steps, 2, 0)).toEqual([open("SW2"), open("SW1"), close("TIE")]);
  expect(moved(steps, 0, -1)).toEqual(steps);
  expect(moved(steps, 2, 3)).toEqual(steps);
});

test("a step is left out, and the list it came from stays", () => {
  expect(without(steps, 1)).toEqual([open("SW1"), open("SW2")]);
  expect(steps).toHaveLength(3);
});

test("the way back is each step the other way round, the last one first", () => {
  expect(way_back(steps)).toEqual([close("SW2"), open("TIE"), close("SW1")]);
  expect(is_same(way_back(way_back(steps)), steps)).toBe(true);
});
