// What the change log does not tell of an outage: its place, its reports and hazards. Asked for beside the log: what the
// first view needs with it, all of it once that is drawn, then of those that changed, so many in one request.
import { ref, shallowReactive, toRaw } from "vue";
import type { Change, Outage } from "../../src/shared/api/model";
import type { PlaceOnMap } from "../../src/shared/api/replay_model";
import { ask } from "../../src/shared/api/request";

const GATHER_MS = 400;
/** While a flood of changes comes, each answer is drawn; the next question waits a little longer. */
const GATHER_FLOOD_MS = 1_500;
const FLOOD = 20;
/** In one request, so that its address stays short. */
const MOST_AT_ONCE = 200;

/** Changes of which the log tells all that stands in the details. */
const TOLD_WHOLLY: ReadonlySet<string> = new Set(["outage.etr_changed", "outage.etr_lapsing"]);

/** What the first look at an outage needs. */
export interface FirstLook {
  lon: number | null;
  lat: number | null;
  hazards: readonly string[];
}

const NO_HAZARDS: readonly string[] = [];

export class Details {
  readonly by_id = shallowReactive(new Map<string, Outage>());
  /** Counts what was taken: whoever reads of all outages follows this one number, not each of them. */
  readonly taken = ref(0);
  private first_looks: ReadonlyMap<string, FirstLook> = new Map();
  private wanted = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly on_error: (error: unknown) => void) {}

  /** Ask for all outages that are not over. Throws what `ask` throws. */
  async load(): Promise<void> {
    const { outages } = await ask<{ outages: Outage[] }>("/api/outages?active=true&limit=10000");
    for (const outage of outages) this.take(outage);
  }

  /** Take what came with the first view, by outage. */
  take_first(places: Record<string, PlaceOnMap>, hazards: Record<string, string[]>): void {
    const ids = new Set([...Object.keys(places), ...Object.keys(hazards)]);
    this.first_looks = new Map(
      [...ids].map((id) => {
        const { lon = null, lat = null } = places[id] ?? {};
        return [id, { lon, lat, hazards: hazards[id] ?? NO_HAZARDS }];
      }),
    );
    this.taken.value += 1;
  }

  /** What is known of an outage for a first look; null where nothing was told yet. */
  first_look(outage_id: string): FirstLook | null {
    // Of thousands, all are followed together, by `taken`.
    return toRaw(this.by_id).get(outage_id) ?? this.first_looks.get(outage_id) ?? null;
  }

  take(outage: Outage): void {
    const held = this.by_id.get(outage.id);
    // Answers may overtake each other; an older one never replaces a newer one.
    if (held && held.version > outage.version) return;
    this.by_id.set(outage.id, outage);
    this.taken.value += 1;
  }

  /** Take over what the log tells of an outage; return whether that was all, so that nothing need be asked. */
  follow({ name, outage_id, position, data }: Change): boolean {
    const held = this.by_id.get(outage_id ?? "");
    if (!held || !TOLD_WHOLLY.has(name) || this.wanted.has(held.id)) return false;
    const news = Object.entries(data.values ?? {}).map(([field, value]) => [field, value.new]);
    this.take({ ...held, ...Object.fromEntries(news), version: position });
    return true;
  }

  /** Note that these have changed; they are asked for soon. */
  want(ids: Iterable<string>): void {
    for (const id of ids) this.wanted.add(id);
    const wait_ms = this.wanted.size > FLOOD ? GATHER_FLOOD_MS : GATHER_MS;
    if (this.wanted.size > 0) this.timer ??= setTimeout(() => void this.fetch(), wait_ms);
  }

  private async fetch(): Promise<void> {
    const ids = [...this.wanted].slice(0, MOST_AT_ONCE);
    for (const id of ids) this.wanted.delete(id);
    try {
      const asked = new URLSearchParams(ids.map((id) => ["id", id]));
      const { outages } = await ask<{ outages: Outage[] }>(`/api/outages?limit=${MOST_AT_ONCE}&${asked}`);
      for (const outage of outages) this.take(outage);
    } catch (error) {
      for (const id of ids) this.wanted.add(id);
      this.on_error(error);
    } finally {
      this.timer = undefined;
      if (this.wanted.size > 0) this.want([]);
    }
  }
}
