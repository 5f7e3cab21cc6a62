// How a promise stands, in words: never by colour alone.
import type { ClockState, PromiseClock } from "../../src/shared/api/promise_model";
import { clock_time, duration } from "../../src/shared/words/times";
import { t, t_code } from "../../src/shared/words/vocabulary";

const MINUTE_MS = 60_000;

/** The state by the page's own clock: what ran out since it was asked for is late already. */
export function state_now(clock: PromiseClock, now: number): ClockState {
  const is_running = clock.state === "running" || clock.state === "warning";
  if (!is_running || !clock.due_at) return clock.state;
  if (now > Date.parse(clock.due_at)) return "breached";
  return clock.warn_at && now >= Date.parse(clock.warn_at) ? "warning" : clock.state;
}

/** "Arrival in 12 min", "Arrival late by 7 min", "Arrival paused". */
export function short_words(clock: PromiseClock, now: number): string {
  const promise = t_code("promise.short", clock.promise);
  const state = state_now(clock, now);
  if (state === "paused") return t("promise.row.paused", { promise });
  if (!clock.due_at) return promise;
  const left = Date.parse(clock.due_at) - now;
  if (state === "breached") return t("promise.row.late", { promise, by: duration(-left) });
  return t("promise.row.due", { promise, in: duration(left) });
}

/** The state with how much is left, or was left, or by how much it is late. */
export function state_words(clock: PromiseClock, now: number): string {
  const state = state_now(clock, now);
  const word = t_code("promise.state", state);
  if (state === "not_applicable") return clock.because ? t_code("promise.because", clock.because) : word;
  const minutes = slack_ms(clock, now);
  if (state === "breached") return t("promise.late_by", { state: word, by: duration(-minutes) });
  if (state === "kept") return t("promise.kept_with", { state: word, left: duration(minutes) });
  return t("promise.left", { state: word, left: duration(minutes) });
}

function slack_ms(clock: PromiseClock, now: number): number {
  if (clock.stopped_at || clock.state === "paused" || !clock.due_at)
    return (clock.slack_minutes ?? 0) * MINUTE_MS;
  return Date.parse(clock.due_at) - now;
}

/** "due 14:05". */
export function due_words(clock: PromiseClock, now: number): string {
  return clock.due_at ? t("promise.due_at", { at: clock_time(clock.due_at, now) }) : "";
}
