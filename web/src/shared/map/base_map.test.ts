import { describe, expect, test, vi } from "vitest";

vi.stubGlobal("window", { matchMedia: () => ({ matches: false }) });
const { vector_layers } = await import("./base_map");

const palette = { name: "light" } as Parameters<typeof vector_layers>[1];
const drawn_of = (names: string[]): (string | undefined)[] =>
  vector_layers(names, palette).map((layer) => ("source-layer" in layer ? layer["source-layer"] : undefined));

describe("a vector base map", () => {
  test.each([
    ["Protomaps", ["earth", "landcover", "landuse", "water", "buildings", "boundaries", "roads"]],
    [
      "OpenMapTiles",
      ["landcover", "landuse", "park", "water", "waterway", "building", "boundary", "transportation"],
    ],
    ["Shortbread", ["land", "ocean", "water_polygons", "water_lines", "buildings", "boundaries", "streets"]],
  ])("of %s is drawn by the names of its layers", (_, names) => {
    expect(new Set(drawn_of(names))).toEqual(new Set(names));
  });

  test("leaves out names, places and what it does not know", () => {
    expect(drawn_of(["place_labels", "pois", "street_labels", "water_name", "anything"])).toEqual([]);
  });

  test("has water above green and roads above all, whatever the file's order", () => {
    const order = drawn_of(["roads", "water", "landuse"]);
    expect(order.indexOf("landuse")).toBeLessThan(order.indexOf("water"));
    expect(order.lastIndexOf("water")).toBeLessThan(order.indexOf("roads"));
  });

  test("gives every layer a name of its own", () => {
    const ids = vector_layers(["land", "water", "roads", "boundaries"], palette).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
