// The plan in force, as asked for last: again when the log tells of another plan or of another order. What is held stays
// on screen until its successor is whole.
import { computed, shallowRef } from "vue";
import type { Plan, PlanOrder, PlanStop, UnplannedWork } from "../../src/shared/api/plan_model";
import { ask } from "../../src/shared/api/request";
import type { WithName } from "./plan_rows";

const GATHER_MS = 500;
const TRY_AGAIN_MS = 5_000;

export class CurrentPlan {
  /** Null until it has been asked for once. */
  readonly answer = shallowRef<Plan | null>(null);
  /** Why it could not be asked for, the last time. */
  readonly error = shallowRef<unknown>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private is_asking = false;
  private is_wanted = false;
  private is_stopped = true;

  /** `ends` says whether an error ends the sign-in, so that asking again is of no use. */
  constructor(private readonly ends: (error: unknown) => boolean) {}

  private readonly stops_by_outage = computed(() => {
    const stops = new Map<string, PlanStop[]>();
    for (const stop of this.answer.value?.plan?.stops ?? []) {
      if (!stop.outage_id) continue;
      const own = stops.get(stop.outage_id);
      if (own) own.push(stop);
      else stops.set(stop.outage_id, [stop]);
    }
    for (const own of stops.values()) own.sort((a, b) => Date.parse(a.start_at) - Date.parse(b.start_at));
    return stops;
  });

  /** The stops for an outage in the order of their work: a look before the repair. */
  stops_for(outage_id: string): readonly PlanStop[] {
    return this.stops_by_outage.value.get(outage_id) ?? [];
  }

  /** Why an outage has no crew in the plan, if it has none. */
  unplanned(outage_id: string): UnplannedWork | null {
    return this.answer.value?.plan?.unassigned.find((one) => one.outage_id === outage_id) ?? null;
  }

  orders_for(outage_id: string): readonly PlanOrder[] {
    return this.answer.value?.orders.filter((order) => order.outage_id === outage_id) ?? [];
  }

  start(): void {
    this.is_stopped = false;
    this.look(0);
  }

  stop(): void {
    this.is_stopped = true;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Ask again if one of these changes is about plans. */
  heed(changes: readonly WithName[]): void {
    if (changes.some(({ name }) => name.startsWith("plan."))) this.look();
  }

  look(after_ms = GATHER_MS): void {
    if (this.is_stopped) return;
    if (this.is_asking) this.is_wanted = true;
    else if (after_ms === 0) this.ask_after(0);
    else if (this.timer === undefined) this.ask_after(after_ms);
  }

  private ask_after(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), milliseconds);
  }

  private async ask(): Promise<void> {
    this.timer = undefined;
    this.is_asking = true;
    this.is_wanted = false;
    try {
      this.answer.value = await ask<Plan>("/api/plan");
      this.error.value = null;
    } catch (error) {
      this.error.value = error;
      if (this.ends(error)) this.stop();
    } finally {
      this.is_asking = false;
    }
    if (this.is_stopped) return;
    if (this.error.value) this.ask_after(TRY_AGAIN_MS);
    else if (this.is_wanted) this.ask_after(GATHER_MS);
  }
}
