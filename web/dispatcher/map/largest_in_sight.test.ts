// Which outages keep their marks where thousands are in sight.
import { expect, test } from "vitest";
import type { OutageRow } from "../live/outage_rows";
import { largest_in_sight } from "./largest_in_sight";

const sight: [[number, number], [number, number]] = [
  [11, 53],
  [12, 54],
];

function row(id: number, customers_out: number, more: object = {}): OutageRow {
  const outage = { id: `O-${id}`, status: "predicted", customers_out, ...more };
  return { outage, lon: 11.5, lat: 53.5 } as OutageRow;
}

function rows(count: number): OutageRow[] {
  return Array.from({ length: count }, (_, at) => row(at, at));
}

test("there is room for all of a few hundred", () => {
  expect(largest_in_sight(sight, rows(300))).toBe(null);
});

test("of more the largest keep their marks", () => {
  const found = largest_in_sight(sight, rows(301));
  expect(found?.size).toBe(300);
  expect(found?.has("O-0")).toBe(false);
});

test("equal ones take no more room than there is", () => {
  const found = largest_in_sight(
    sight,
    Array.from({ length: 5_000 }, (_, at) => row(at, 1)),
  );
  expect(found?.size).toBe(300);
});

test("what is over, out of sight or nowhere takes no room", () => {
  const others = [
    row(901, 9_000, { status: "closed" }),
    { ...row(902, 9_000), lon: 12.5 },
    { ...row(903, 9_000), lon: null },
  ];
  expect(largest_in_sight(sight, [...rows(300), ...others])).toBe(null);
  expect(largest_in_sight(sight, [...rows(301), ...others])?.has("O-902")).toBe(false);
});
