import { describe, expect, it } from "vitest";
import type { PathDevice } from "../../src/shared/api/caller_model";
import { broken_at, path_parts } from "./supply_path";

function device(id: string, kind: string, more: Partial<PathDevice> = {}): PathDevice {
  return { id, kind, phases: "ABC", name: null, is_switched_open: false, outage_id: null, ...more };
}

describe("the way of supply", () => {
  const path = [
    device("B1", "breaker"),
    device("L1", "overhead"),
    device("L2", "underground"),
    device("F1", "fuse"),
    device("L3", "overhead", { outage_id: "O-1" }),
    device("L4", "overhead"),
    device("h1", "service_point"),
  ];

  it("joins line sections, but not one that an outage is at", () => {
    expect(path_parts(path).map(({ device, sections }) => device?.id ?? sections)).toEqual([
      "B1",
      2,
      "F1",
      "L3",
      1,
      "h1",
    ]);
  });

  it("says where supply ends", () => {
    expect(broken_at(path_parts(path))).toBe(3);
    expect(broken_at(path_parts([device("B1", "breaker")]))).toBe(-1);
    expect(broken_at(path_parts([device("W1", "switch", { is_switched_open: true })]))).toBe(0);
  });
});
