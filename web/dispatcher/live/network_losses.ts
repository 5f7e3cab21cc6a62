// What open outages and reports refer to that the network in force no longer has: asked for when a version comes into
// force, and again while something is on the list and one of its outages changed.
import { shallowRef } from "vue";
import type { Loss } from "../../src/shared/api/model";
import { ask } from "../../src/shared/api/request";

const GATHER_MS = 500;
const TRY_AGAIN_MS = 5_000;

export class NetworkLosses {
  readonly all = shallowRef<readonly Loss[]>([]);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private is_stopped = false;

  /** `ends` says whether an error ends the sign-in, so that asking again is of no use. */
  constructor(private readonly ends: (error: unknown) => boolean) {}

  stop(): void {
    this.is_stopped = true;
    clearTimeout(this.timer);
  }

  look(after_ms = 0): void {
    if (this.is_stopped) return;
    this.timer ??= setTimeout(() => void this.ask(), after_ms);
  }

  /** These outages changed: an entry may have gone with one of them. */
  heed(outage_ids: ReadonlySet<string>): void {
    const concerns = ({ outage_id }: Loss): boolean => outage_id === null || outage_ids.has(outage_id);
    if (this.all.value.some(concerns)) this.look(GATHER_MS);
  }

  private async ask(): Promise<void> {
    this.timer = undefined;
    try {
      this.all.value = (await ask<{ losses: Loss[] }>("/api/network/worklist")).losses;
    } catch (error) {
      if (!this.ends(error)) this.look(TRY_AGAIN_MS);
    }
  }
}
