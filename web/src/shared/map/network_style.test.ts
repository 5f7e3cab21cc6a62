// Lines by voltage, with what is out before it: the style's own expressions are evaluated, as the map does.
import {
  createPropertyExpression,
  type LineLayerSpecification,
  latest,
  type StylePropertySpecification,
  validateStyleMin,
} from "@maplibre/maplibre-gl-style-spec";
import { expect, test, vi } from "vitest";

vi.stubGlobal("location", { origin: "http://localhost" });
vi.stubGlobal("document", { documentElement: { dataset: {} } });
vi.stubGlobal("window", { matchMedia: () => ({ matches: false }) });
const { network_style } = await import("./network_style");
const { palette_now } = await import("./palette");

const palette = palette_now();
const style = network_style(1, palette);

interface Line {
  kind?: "overhead" | "underground";
  nominal_kv?: number;
  blamed?: "predicted" | "confirmed";
  dead?: "predicted" | "confirmed";
  is_partly_dead?: boolean;
}

type Painted = "line-color" | "line-width" | "line-gap-width";

/** What the map makes of a paint property of a line at zoom 15. */
function painted(name: Painted, { kind = "overhead", nominal_kv, ...state }: Line): unknown {
  const line = style.layers.find(({ id }) => id === "line_section") as LineLayerSpecification;
  const spec = latest.paint_line[name] as StylePropertySpecification;
  const made = createPropertyExpression(line.paint?.[name], name, spec);
  if (made.result !== "success") throw new Error(`${name} cannot be read`);
  const properties = { kind, ...(nominal_kv !== undefined && { nominal_kv }) };
  return made.value.evaluate({ zoom: 15 }, { type: 2, properties }, state);
}

const colour = (line: Line): string => String(painted("line-color", line));
const width = (line: Line): number => Number(painted("line-width", line));
const as_colour = (hex: string): string => {
  const parts = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return `rgba(${parts.join(",")},1)`;
};

test("the style is one that the map takes", () => {
  expect(validateStyleMin(style)).toEqual([]);
});

test("a line without a voltage is drawn as one of low voltage: quietly, by its kind", () => {
  expect(width({})).toBeCloseTo(1.6);
  for (const kind of ["overhead", "underground"] as const) {
    expect(colour({ kind })).toBe(as_colour(palette[kind][0]));
    expect(colour({ kind, nominal_kv: 0.4 })).toBe(colour({ kind }));
    expect(colour({ kind, nominal_kv: 1 })).toBe(colour({ kind }));
  }
});

test("the higher the voltage, the broader the line and the farther from the ground", () => {
  const kv = [0.4, 10, 35, 110, 220, 380];
  const widths = kv.map((nominal_kv) => width({ nominal_kv }));
  expect(widths).toEqual([...widths].sort((one, other) => one - other));
  expect(new Set(widths).size).toBe(4);
  const steps = kv.map((nominal_kv) => colour({ nominal_kv }));
  const [low, medium, high, highest] = palette.overhead.map(as_colour);
  expect(steps).toEqual([low, medium, high, high, highest, highest]);
});

test("what is blamed comes before its voltage, and is the broadest of all", () => {
  for (const line of [{}, { nominal_kv: 0.4 }, { nominal_kv: 380 }]) {
    expect(colour({ ...line, blamed: "predicted" })).toBe(as_colour(palette.out_predicted));
    expect(colour({ ...line, blamed: "confirmed" })).toBe(as_colour(palette.out_confirmed));
    expect(width({ ...line, blamed: "confirmed" })).toBeGreaterThan(width({ nominal_kv: 380 }));
  }
});

test("a line without supply has the colour of its state, and is two thin ones where only some phases are gone", () => {
  expect(colour({ nominal_kv: 10, dead: "confirmed" })).toBe(as_colour(palette.out_confirmed));
  expect(colour({ nominal_kv: 10, dead: "predicted" })).toBe(as_colour(palette.out_predicted));
  expect(width({ nominal_kv: 10, dead: "confirmed" })).toBe(width({ nominal_kv: 10 }));
  const partly: Line = { nominal_kv: 10, dead: "confirmed", is_partly_dead: true };
  expect(painted("line-gap-width", partly)).toBeGreaterThan(0);
  expect(width(partly)).toBeLessThan(width({}));
  expect(painted("line-gap-width", { nominal_kv: 10, dead: "confirmed" })).toBe(0);
  // Of what is blamed itself the blame is told.
  expect(colour({ dead: "confirmed", blamed: "predicted" })).toBe(as_colour(palette.out_predicted));
});
