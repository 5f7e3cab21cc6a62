// The time by Relight's clock: the real time in production, a faster one while a storm is played.
import { reactive } from "vue";
import type { ClockAnswer } from "./api/model";
import { ask } from "./api/request";
import { keep, kept } from "./kept";

const TICK_MS = 1_000;
/** A demo may be started anew, and a laptop may sleep: ask again now and then. */
const ASK_AGAIN_MS = 30_000;

export class Clock {
  /** Milliseconds, as the clock of Relight shows them now. Moves once a second. */
  now = Date.now();
  speed = 1;
  /** Relight has told the time since this page was opened. */
  is_set = false;
  private relight_at = Date.now();
  private page_at = performance.now();

  constructor() {
    // Without signal, a page that is opened again still knows how the clock ran.
    const before = JSON.parse(kept("clock") ?? "null") as {
      relight: number;
      real: number;
      speed: number;
    } | null;
    if (!before) return;
    this.speed = before.speed;
    this.relight_at = before.relight + (Date.now() - before.real) * before.speed;
    this.tick();
  }

  tick(): void {
    this.now = this.precisely();
  }

  /** The time of this very moment. */
  precisely(): number {
    return this.relight_at + (performance.now() - this.page_at) * this.speed;
  }

  /** Set the clock by what Relight says. Throws what `ask` throws. */
  async set(): Promise<void> {
    const asked_at = performance.now();
    const answer = await ask<ClockAnswer>("/api/clock");
    this.page_at = (asked_at + performance.now()) / 2;
    this.relight_at = Date.parse(answer.now);
    this.speed = answer.speed;
    this.is_set = true;
    this.tick();
    keep("clock", JSON.stringify({ relight: this.relight_at, real: Date.now(), speed: this.speed }));
  }
}

/** Make a clock that ticks and sets itself while `may_ask` says so; call the returned function to stop it. */
export function start_clock(may_ask: () => boolean): { clock: Clock; stop: () => void } {
  const clock = reactive(new Clock()) as Clock;
  const set = (): void => {
    // An error here is one of the sign-in or of the network; whoever asks for outages or jobs tells of it.
    if (may_ask()) clock.set().catch(() => undefined);
  };
  set();
  const timers = [setInterval(() => clock.tick(), TICK_MS), setInterval(set, ASK_AGAIN_MS)];
  return { clock, stop: () => timers.forEach(clearInterval) };
}
