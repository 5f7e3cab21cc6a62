// The households that called, as far as the map shows them: asked for when the map moved or something changed, and every
// now and then, since a call that nothing explains changes nothing else. The newest of them; of the rest only how many.
import { shallowRef } from "vue";
import type { CallMarks } from "../../src/shared/api/caller_model";
import { ask } from "../../src/shared/api/request";

const GATHER_MS = 400;
/** While changes keep coming, so long from one answer to the next question. */
const REST_MS = 3_000;
const AGAIN_MS = 10_000;
/** So many households are marked; more of them are gathered into one mark anyway. */
const MOST_MARKED = 500;
const NOBODY: CallMarks = { marks: [], households: 0, calls: 0 };

export interface Sight {
  west: number;
  south: number;
  east: number;
  north: number;
}

export class CallsInSight {
  readonly told = shallowRef<CallMarks>(NOBODY);
  private answered_at = Number.NEGATIVE_INFINITY;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private again: ReturnType<typeof setInterval> | undefined;
  private is_asking = false;
  private is_stopped = true;
  /** Something was wanted while a question was under way. */
  private is_wanted = false;

  /** `ends` says whether an error ends the sign-in, so that asking again is of no use. */
  constructor(
    private readonly sight: () => Sight,
    private readonly outage_id: () => string | null,
    private readonly ends: (error: unknown) => boolean,
  ) {}

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

  /** Soon; at once where a person chose something. */
  look(after_ms = GATHER_MS): void {
    if (this.is_stopped) return;
    if (this.is_asking) {
      this.is_wanted = true;
      return;
    }
    if (after_ms === 0) {
      clearTimeout(this.timer);
      this.timer = undefined;
    }
    const rest_ms = after_ms && this.answered_at + REST_MS - performance.now();
    this.timer ??= setTimeout(() => void this.ask(), Math.max(after_ms, rest_ms));
  }

  private async ask(): Promise<void> {
    this.timer = undefined;
    this.is_asking = true;
    const { west, south, east, north } = this.sight();
    const query = new URLSearchParams({
      west: west.toFixed(5),
      south: south.toFixed(5),
      east: east.toFixed(5),
      north: north.toFixed(5),
      limit: String(MOST_MARKED),
    });
    const outage_id = this.outage_id();
    if (outage_id !== null) query.set("outage", outage_id);
    try {
      const told = await ask<CallMarks>(`/api/calls/marks?${query}`);
      if (!this.is_stopped) this.told.value = told;
    } catch (error) {
      if (this.ends(error)) this.stop();
    } finally {
      this.is_asking = false;
      this.answered_at = performance.now();
      if (this.is_wanted) {
        this.is_wanted = false;
        this.look(outage_id === this.outage_id() ? GATHER_MS : 0);
      }
    }
  }
}
