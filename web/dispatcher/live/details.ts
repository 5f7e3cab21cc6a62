// What the change log does not tell of an outage: its place, its reports and hazards. Asked for beside the log: of all
// once, then of those that changed, so many in one request.
import { shallowReactive } from "vue";
import type { Outage } from "../../src/shared/api/model";
import { ask } from "../../src/shared/api/request";

const GATHER_MS = 400;
/** While a flood of changes comes, each answer is drawn; the next question waits a little longer. */
const GATHER_FLOOD_MS = 1_500;
const FLOOD = 20;
/** In one request, so that its address stays short. */
const MOST_AT_ONCE = 200;

export class Details {
  readonly by_id = shallowReactive(new Map<string, Outage>());
  private wanted = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly on_error: (error: unknown) => void) {}

  /** Ask for all outages that are not over. Throws what `ask` throws. */
  async load(): Promise<void> {
    const { outages } = await ask<{ outages: Outage[] }>("/api/outages?active=true&limit=10000");
    for (const outage of outages) this.take(outage);
  }

  take(outage: Outage): void {
    const held = this.by_id.get(outage.id);
    // Answers may overtake each other; an older one never replaces a newer one.
    if (!held || held.version <= outage.version) this.by_id.set(outage.id, outage);
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
