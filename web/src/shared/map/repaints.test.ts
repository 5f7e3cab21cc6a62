import type { Map as MapLibreMap } from "maplibre-gl";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { await_source, gather_repaints, LONGEST_WAIT_MS } from "./repaints";

vi.useFakeTimers();

/** What the map is to those who gather: whether it moves, which sources have their tiles, and what it tells. */
class FakeMap {
  drawings = 0;
  moves = false;
  readonly under_way = new Set<string>();
  private readonly told = new Map<string, () => void>();
  triggerRepaint = (): void => {
    this.drawings += 1;
  };
  readonly isMoving = (): boolean => this.moves;
  readonly getSource = (id: string): unknown => (id === "gone" ? undefined : {});
  readonly isSourceLoaded = (id: string): boolean => !this.under_way.has(id);
  on(name: string, then: () => void): void {
    this.told.set(name, then);
  }
  once = this.on;
  tell(name: string): void {
    this.told.get(name)?.();
  }
}

let fake: FakeMap;
let map: MapLibreMap;

beforeEach(() => {
  fake = new FakeMap();
  map = fake as unknown as MapLibreMap;
  gather_repaints(map);
});

/** As the map does: at the hand-over, when its worker has taken the data, and with each tile of them. */
async function hand_over(source_id: string): Promise<void> {
  await_source(map, source_id);
  fake.under_way.add(source_id);
  for (let step = 0; step < 3; step += 1) {
    map.triggerRepaint();
    await Promise.resolve();
  }
}

async function arrive(source_id: string): Promise<void> {
  fake.under_way.delete(source_id);
  map.triggerRepaint();
  await Promise.resolve();
}

describe("a map that was at rest", () => {
  beforeEach(() => fake.tell("idle"));

  test("is drawn once when several sources have all their tiles", async () => {
    await hand_over("crews");
    await hand_over("outages");
    await arrive("outages");
    expect(fake.drawings).toBe(0);
    await arrive("crews");
    expect(fake.drawings).toBe(1);
    vi.advanceTimersByTime(10 * LONGEST_WAIT_MS);
    expect(fake.drawings).toBe(1);
  });

  test("waits for data that are handed over right after it was asked to be drawn", async () => {
    map.triggerRepaint();
    await hand_over("crews");
    expect(fake.drawings).toBe(0);
    await arrive("crews");
    expect(fake.drawings).toBe(1);
  });

  test("is drawn with what is there when data take too long, and again when they come", async () => {
    await hand_over("crews");
    vi.advanceTimersByTime(LONGEST_WAIT_MS - 1);
    expect(fake.drawings).toBe(0);
    vi.advanceTimersByTime(1);
    expect(fake.drawings).toBe(1);
    await arrive("crews");
    expect(fake.drawings).toBe(2);
  });

  test("is drawn at every frame while it is moved, whatever is on its way", async () => {
    await hand_over("crews");
    fake.moves = true;
    map.triggerRepaint();
    map.triggerRepaint();
    expect(fake.drawings).toBe(2);
  });

  test("is drawn when nothing is on its way, or what was has gone with its style", async () => {
    map.triggerRepaint();
    await Promise.resolve();
    expect(fake.drawings).toBe(1);
    await hand_over("gone");
    expect(fake.drawings).toBe(4);
  });

  test("is never drawn after it was taken away", async () => {
    await hand_over("crews");
    fake.tell("remove");
    vi.advanceTimersByTime(10 * LONGEST_WAIT_MS);
    expect(fake.drawings).toBe(0);
  });
});

test("a map that is still coming up is drawn at every step", async () => {
  await hand_over("crews");
  expect(fake.drawings).toBe(3);
});
