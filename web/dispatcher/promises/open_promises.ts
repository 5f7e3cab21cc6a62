// The promises about all outages that are not over: asked for when something changed, and every now and then, since
// clocks start and run without anybody doing anything.
import { ref, shallowReactive } from "vue";
import type { OutagePromises } from "../../src/shared/api/promise_model";
import { ask } from "../../src/shared/api/request";

const GATHER_MS = 800;
/** While changes keep coming, so long from one answer to the next question. */
const REST_MS = 3_000;
const AGAIN_MS = 10_000;

export class OpenPromises {
  readonly by_outage = shallowReactive(new Map<string, OutagePromises>());
  /** Counts what was taken: whoever reads of all outages follows this one number, not each of them. */
  readonly taken = ref(0);
  private answered_at = Number.NEGATIVE_INFINITY;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private again: ReturnType<typeof setInterval> | undefined;
  private is_stopped = false;

  /** `ends` says whether an error ends the sign-in, so that asking again is of no use. */
  constructor(private readonly ends: (error: unknown) => boolean) {}

  start(): void {
    this.is_stopped = false;
    this.again ??= setInterval(() => this.look(), AGAIN_MS);
    this.look(0);
  }

  stop(): void {
    this.is_stopped = true;
    clearTimeout(this.timer);
    clearInterval(this.again);
    this.again = undefined;
  }

  look(after_ms = GATHER_MS): void {
    if (this.is_stopped) return;
    const rest_ms = after_ms && this.answered_at + REST_MS - performance.now();
    this.timer ??= setTimeout(() => void this.ask(), Math.max(after_ms, rest_ms));
  }

  /** Take what was answered about one outage. */
  take(promises: OutagePromises): void {
    this.by_outage.set(promises.outage_id, promises);
    this.taken.value += 1;
  }

  private async ask(): Promise<void> {
    this.timer = undefined;
    try {
      const { outages } = await ask<{ outages: OutagePromises[] }>("/api/promises");
      const ids = new Set(outages.map(({ outage_id }) => outage_id));
      for (const id of [...this.by_outage.keys()]) if (!ids.has(id)) this.by_outage.delete(id);
      for (const one of outages) this.take(one);
      this.taken.value += 1;
      this.answered_at = performance.now();
    } catch (error) {
      if (this.ends(error)) this.stop();
    }
  }
}
