// Editing the steps of an order.
import { expect, test } from "vitest";
import type { StepOrder } from "../../src/shared/api/switching_model";
import { as_orders, is_same, moved, placed_after, way_back, without } from "./step_list";

const open = (device: string): StepOrder => ({ action: "open", device, phases: "ABC" });
const close = (device: string): StepOrder => ({ action: "close", device, phases: "ABC" });
const remove = (name: string): StepOrder => ({ action: "remove", name, phases: "ABC" });
const generator: StepOrder = {
  action: "run_generator",
  name: "G-1",
  node: "N2",
  rated_kva: 250,
  phases: "ABC",
};
const steps = [open("SW1"), close("TIE"), open("SW2")];

test("a step is moved, and not beyond the ends", () => {
  expect(moved(steps, 2, 0)).toEqual(as_orders([open("SW2"), open("SW1"), close("TIE")]));
  expect(moved(steps, 0, -1)).toEqual(as_orders(steps));
  expect(moved(steps, 2, 3)).toEqual(as_orders(steps));
});

test("a step is left out, and the list it came from stays", () => {
  expect(without(steps, 1)).toEqual(as_orders([open("SW1"), open("SW2")]));
  expect(steps).toHaveLength(3);
});

test("the way back is each step the other way round, the last one first", () => {
  expect(way_back(steps)).toEqual(as_orders([close("SW2"), open("TIE"), close("SW1")]));
  expect(is_same(way_back(way_back(steps)), steps)).toBe(true);
});

test("what was placed is removed on the way back, and what was removed placed as it was, if these steps know how", () => {
  expect(way_back([open("SW1"), generator])).toEqual(as_orders([remove("G-1"), close("SW1")]));
  expect(way_back([generator, remove("G-1")])).toEqual(as_orders([generator, remove("G-1")]));
  expect(way_back([remove("J-1"), open("SW1")])).toEqual(as_orders([close("SW1")]));
});

test("what can be removed is what is placed now, or by steps before", () => {
  expect(placed_after([generator, open("SW1")], ["J-1"])).toEqual(["G-1", "J-1"]);
  expect(placed_after([generator, remove("G-1"), remove("J-1")], ["J-1"])).toEqual([]);
});
