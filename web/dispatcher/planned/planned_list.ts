// The planned outages that are not over: asked for when something changed, and every now and then.
import { computed, shallowRef } from "vue";
import type { Change } from "../../src/shared/api/model";
import type { PlannedOutage } from "../../src/shared/api/planned_model";
import { ask } from "../../src/shared/api/request";

const GATHER_MS = 400;
const AGAIN_MS = 60_000;
const SOON_MS = 24 * 3_600_000;
const TO_COME: ReadonlySet<string> = new Set(["approved", "published", "notified"]);

export class PlannedList {
  readonly all = shallowRef<readonly PlannedOutage[]>([]);
  /** Those that should be over, and nobody said that they are. */
  readonly overruns = computed(() => this.all.value.filter(is_overrun));
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
    this.timer = undefined;
    clearInterval(this.again);
    this.again = undefined;
  }

  heed(changes: readonly Change[]): void {
    if (changes.some(({ name }) => name.startsWith("planned_outage.") || name.startsWith("switching.")))
      this.look();
  }

  look(after_ms = GATHER_MS): void {
    if (!this.is_stopped) this.timer ??= setTimeout(() => void this.ask(), after_ms);
  }

  private async ask(): Promise<void> {
    this.timer = undefined;
    try {
      const found = await ask<{ planned_outages: PlannedOutage[] }>("/api/planned-outages");
      this.all.value = found.planned_outages;
    } catch (error) {
      if (this.ends(error)) this.stop();
    }
  }
}

/** Those that the map shows: under way, or beginning within a day, at a device. */
export function planned_now(all: readonly PlannedOutage[], now: number): PlannedOutage[] {
  return all.filter(({ device, status, starts_at }) => {
    const is_soon = TO_COME.has(status) && Date.parse(starts_at) - now < SOON_MS;
    return device !== null && (status === "executing" || is_soon);
  });
}

/** How many customers planned work that is under way puts out. */
export function planned_customers_out(planned: readonly PlannedOutage[]): number {
  const under_way = planned.filter(({ status }) => status === "executing");
  return under_way.reduce((sum, { customers }) => sum + customers, 0);
}

export function is_overrun({ status, overrun_at }: PlannedOutage): boolean {
  return overrun_at !== null && ["published", "notified", "executing"].includes(status);
}
