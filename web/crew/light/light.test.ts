// Day or night: as chosen, as the phone says, or by the sun; and every text can be read in the sun.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { light_of } from "./light";

const schwerin = { lon: 11.41, lat: 53.63 };
const noon = Date.parse("2026-11-23T11:00Z");
const evening = Date.parse("2026-11-23T18:00Z");

test("what was tapped counts, else the sun where the place is known, else the phone", () => {
  const at = { now: evening, place: schwerin, phone_is_dark: false };
  expect(light_of("day", at)).toBe("day");
  expect(light_of("night", { ...at, now: noon })).toBe("night");
  expect(light_of("sun", at)).toBe("night");
  expect(light_of("sun", { ...at, now: noon, phone_is_dark: true })).toBe("day");
  expect(light_of("sun", { ...at, place: null })).toBe("day");
  expect(light_of("phone", { ...at, phone_is_dark: true })).toBe("night");
});

const read = [
  ["text", "ground"],
  ["text", "surface"],
  ["text", "raised"],
  ["text", "selected"],
  ["text", "warning_ground"],
  ["text", "danger_ground"],
  ["muted", "ground"],
  ["muted", "surface"],
  ["muted", "raised"],
  ["accent", "surface"],
  ["on_accent", "accent"],
  ["warning", "warning_ground"],
  ["danger", "danger_ground"],
  ["danger", "surface"],
] as const;

test.each(["day", "night"])("by %s every text stands out seven to one", (light) => {
  const css = readFileSync(new URL("./light.css", import.meta.url), "utf8");
  const block = css.split(`[data-light="${light}"]`)[1]?.split("}")[0] ?? "";
  const colour = (name: string): string => block.match(new RegExp(`--${name}: (#[0-9a-f]{6})`))?.[1] ?? "";
  for (const [on_top, below] of read)
    expect(contrast(colour(on_top), colour(below)), `${on_top} on ${below}`).toBeGreaterThanOrEqual(7);
});

/** As WCAG 2 reckons it. */
function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [brightness(one), brightness(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function brightness(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
