// The pieces of the map that are fetched ahead are those around the jobs, from the region down to the street.
import { expect, test } from "vitest";
import type { BaseMapDetails } from "../../src/shared/map/base_map";
import { is_tile_of, tile_address } from "../../src/shared/map/tile_address";
import { base_map_addresses, piece_addresses } from "./map_pieces";

const schwerin = { lon: 11.41, lat: 53.63 };

test("the piece a job lies in is there at every zoom that is fetched", () => {
  const addresses = new Set(piece_addresses(4, [schwerin]));
  // By the usual rule of slippy maps, reckoned elsewhere.
  expect(addresses).toContain(tile_address(4, "14/8711/5289"));
  expect(addresses).toContain(tile_address(4, "10/544/330"));
  expect([...addresses].every((one) => is_tile_of(one, 4))).toBe(true);
});

test("pieces of another network, or made in another way, are not of this one", () => {
  const address = tile_address(4, "10/544/330");
  expect(is_tile_of(address.replace("/4/", "/41/"), 4)).toBe(false);
  expect(is_tile_of(address.split("?")[0] ?? "", 4)).toBe(false);
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

test("of a base map there are pieces as deep as it goes, and none beyond", () => {
  const details = { made: "a1", lowest_zoom: 9, highest_zoom: 15 } as BaseMapDetails;
  const drawn = base_map_addresses({ ...details, kind: "vector" }, [schwerin]);
  expect(drawn).toContain("/api/base-map/a1/14/8711/5289");
  const zooms = drawn.map((one) => Number(one.split("/")[4]));
  expect([Math.min(...zooms), Math.max(...zooms)]).toEqual([10, 15]);
  // A picture of 256 points is asked for one zoom farther in.
  const pictures = base_map_addresses({ ...details, kind: "raster", highest_zoom: 18 }, [schwerin]);
  expect(Math.max(...pictures.map((one) => Number(one.split("/")[4])))).toBe(18);
});
