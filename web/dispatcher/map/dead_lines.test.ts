// Lines without supply: what is sure comes before what is only predicted, and what is told no more is taken back.
import type { Map as MapLibreMap } from "maplibre-gl";
import { expect, test, vi } from "vitest";

vi.stubGlobal("location", { origin: "http://localhost" });
const { PaintedLines, states_of } = await import("./dead_lines");

const nothing = { dead: [], partly_dead: [], predicted_dead: [], predicted_partly_dead: [], is_whole: true };

/** A map that knows states and nothing else. */
class Lines {
  readonly states = new Map<string, Record<string, unknown>>();
  sets = 0;

  setFeatureState({ id }: { id: string }, state: Record<string, unknown>): void {
    this.sets += 1;
    this.states.set(id, { ...this.states.get(id), ...state });
  }

  removeFeatureState({ id }: { id: string }, name: string): void {
    const { [name]: _, ...rest } = this.states.get(id) ?? {};
    if (Object.keys(rest).length > 0) this.states.set(id, rest);
    else this.states.delete(id);
  }
}

test("each line has one state, the surest", () => {
  const told = { ...nothing, dead: ["a"], partly_dead: ["b"], predicted_dead: ["a", "c"] };
  expect(states_of(told)).toEqual(
    new Map([
      ["a", { dead: "confirmed", is_partly_dead: false }],
      ["c", { dead: "predicted", is_partly_dead: false }],
      ["b", { dead: "confirmed", is_partly_dead: true }],
    ]),
  );
});

test("what changes is painted, what is told no more is taken back, and nothing is painted twice", () => {
  const lines = new Lines();
  const painted = new PaintedLines(lines as unknown as MapLibreMap);
  painted.paint(states_of({ ...nothing, dead: ["a", "b"] }));
  painted.paint(states_of({ ...nothing, dead: ["a"], partly_dead: ["b"] }));
  expect(lines.sets).toBe(3);
  expect(lines.states.get("b")).toEqual({ dead: "confirmed", is_partly_dead: true });
  painted.paint(states_of({ ...nothing, dead: ["a"] }));
  expect([...lines.states.keys()]).toEqual(["a"]);
  // Another style has no states: all are painted again.
  painted.forget();
  painted.paint(states_of({ ...nothing, dead: ["a"] }));
  expect(lines.sets).toBe(4);
});
