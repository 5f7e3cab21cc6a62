// The roads that are closed now, told live by the stream of jobs and kept for when there is no signal.
import { shallowRef } from "vue";
import { ask } from "../../src/shared/api/request";
import type { RoadClosure } from "../../src/shared/api/road_model";
import type { ReportStore } from "../outbox/report_store";

export class ClosedRoads {
  /** Those in force when Relight was last asked; some may have ended by their time since. */
  readonly known = shallowRef<RoadClosure[]>([]);
  private asked = 0;

  constructor(private readonly store: ReportStore) {}

  async start(): Promise<void> {
    const kept = (await this.store.kept_closures()) as RoadClosure[] | undefined;
    if (kept && !this.asked) this.known.value = kept;
  }

  /** Ask which roads are closed. */
  readonly look = async (): Promise<void> => {
    this.asked += 1;
    const turn = this.asked;
    try {
      const { closures } = await ask<{ closures: RoadClosure[] }>("/api/road-closures");
      if (turn !== this.asked) return;
      this.known.value = closures;
      await this.store.keep_closures(closures);
    } catch {
      // Without signal those last known stay; they are asked for when the page is live again.
    }
  };
}

/** Those whose time is not over. */
export function in_force(closures: readonly RoadClosure[], now: number): RoadClosure[] {
  return closures.filter(({ until }) => !until || Date.parse(until) > now);
}
