// What the change log does not tell of an outage: its place, its reports and hazards. Asked for beside the log,
// little by little: one outage at a time when few changed, all at once when many did.
import { shallowReactive } from "vue";
import type { Outage } from "../../src/shared/api/model";
import { ask } from "../../src/shared/api/request";

const GATHER_MS = 400;
const FEW = 4;

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
    if (this.wanted.size > 0) this.timer ??= setTimeout(() => void this.fetch(), GATHER_MS);
  }

  private async fetch(): Promise<void> {
    const ids = [...this.wanted];
    this.wanted.clear();
    try {
      if (ids.length > FEW) await this.load();
      else for (const id of ids) this.take(await ask<Outage>(`/api/outages/${encodeURIComponent(id)}`));
    } catch (error) {
      for (const id of ids) this.wanted.add(id);
      this.on_error(error);
    } finally {
      this.timer = undefined;
      if (this.wanted.size > 0) this.want([]);
    }
  }
}
