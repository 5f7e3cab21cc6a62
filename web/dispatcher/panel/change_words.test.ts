// Every change of a danger, and damage, is told in words of the reader's language, never by its name.
import { afterEach, expect, test, vi } from "vitest";
// Loaded before there is something that looks like a document.
import "vue";
import type { Change } from "../../src/shared/api/model";
import type { Desk } from "../live/desk";

vi.stubGlobal("navigator", { language: "en" });
vi.stubGlobal("document", { documentElement: {} });
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
const { choose_language } = await import("../../src/shared/words/vocabulary");
const { change_words } = await import("./change_words");

const desk = { known: { jobs: new Map() }, crew_name: (id: string) => id } as unknown as Desk;
const NOW = Date.parse("2026-07-01T12:00:00Z");

function change(name: string, values: Record<string, unknown> = {}, warnings?: string[]): Change {
  const told = Object.fromEntries(
    Object.entries(values).map(([field, one]) => [field, { old: null, new: one }]),
  );
  const at = new Date(NOW).toISOString();
  return {
    position: 1,
    recorded_at: at,
    occurred_at: at,
    name,
    actor: "wang",
    subject: name.startsWith("damage") ? "damage:D-1" : "hazard:H-7",
    outage_id: null,
    data: { values: told, ...(warnings ? { warnings } : {}) },
  };
}

const all: [Change, string][] = [
  [change("hazard.raised", { kind: "wire_down" }), "H-7"],
  [change("hazard.reported_again"), "H-7"],
  [change("hazard.outage_known", { outage_id: "O-3" }), "O-3"],
  [change("hazard.acknowledged"), "wang"],
  [change("hazard.level_changed", { level: 2 }), "H-7"],
  [change("hazard.authority_waits", { waiting_authority: "police" }), "H-7"],
  [change("hazard.authority_relieved"), "H-7"],
  [change("hazard.attended"), "H-7"],
  [change("hazard.made_safe", { outcome: "nothing_found" }), "H-7"],
  [change("hazard.closed"), "H-7"],
  [change("hazard.warned", {}, ["attend_soon", "acknowledge_over"]), "H-7"],
  [change("photo.added"), "wang"],
  [change("damage.reported"), "wang"],
  [change("materials.reported"), "wang"],
];

afterEach(() => {
  choose_language("en");
});

test.each(["en", "zh"] as const)("in %s nothing is left unsaid", (one) => {
  choose_language(one);
  for (const [told, part] of all) {
    const words = change_words(told, desk, NOW);
    expect(words).toContain(part);
    expect(words).not.toMatch(/[{}]|\b(hazard|photo|damage)\.\w|undefined/);
  }
});

test("what, how bad, who and which clock are said", () => {
  const words = all.map(([told]) => change_words(told, desk, NOW)).join("\n");
  for (const part of ["Danger.", "police", "Nothing found", "be there, take it on"])
    expect(words).toContain(part);
});
