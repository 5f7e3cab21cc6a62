// The pieces of the map that are fetched ahead are those around the jobs, from the region down to the street.
import { expect, test } from "vitest";
import { piece_addresses } from "./map_pieces";

const schwerin = { lon: 11.41, lat: 53.63 };

test("the piece a job lies in is there at every zoom that is fetched", () => {
  const addresses = new Set(piece_addresses(4, [schwerin]));
  // By the usual rule of slippy maps, reckoned elsewhere.
  expect(addresses).toContain("/api/tiles/4/14/8711/5289.mvt");
  expect(addresses).toContain("/api/tiles/4/10/544/330.mvt");
  expect([...addresses].every((one) => one.startsWith("/api/tiles/4/"))).toBe(true);
});

test("two jobs in one street share their pieces", () => {
  const one = piece_addresses(1, [schwerin]).length;
  const both = piece_addresses(1, [schwerin, { lon: 11.4101, lat: 53.6301 }]).length;
  expect(both).toBeLessThan(one * 1.4);
});

test("at the edge of the map there is nothing beyond it", () => {
  const numbers = piece_addresses(1, [{ lon: -179.99, lat: 84.9 }]).map((one) => one.split("/").slice(4));
  expect(numbers.every(([zoom, x]) => Number(x) >= 0 && Number(x) < 2 ** Number(zoom))).toBe(true);
});
