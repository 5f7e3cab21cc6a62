// When a crew may work, and until when it rests, in words.
import type { Reason } from "../api/model";
import { clock_time } from "./times";
import { t, t_code } from "./vocabulary";

export interface Duty {
  duty: { available_from: string | null; available_until: string | null; because: Reason[] };
  rest_until: string | null;
}

/** Relight answers by its own clock; one that is a moment ahead makes nobody wait. */
const MINUTE_MS = 60_000;

/** "off at 22:00 (shift ends), rest until 06:00", or from when it may work again. */
export function duty_words({ duty, rest_until }: Duty, now: number): string {
  const { available_from: from, available_until: until, because } = duty;
  if (!from || !until) return because.map(({ code }) => t_code("duty", code)).join(t("shared.comma"));
  const last = because.at(-1);
  const ends = t("duty.ends", {
    at: clock_time(until, now),
    why: last ? t_code("duty", last.code) : "",
  });
  if (Date.parse(from) <= now + MINUTE_MS) {
    const rest = rest_until ? t("duty.then_rest", { at: clock_time(rest_until, now) }) : "";
    return ends + rest;
  }
  const first = because[0];
  const begins = t("duty.begins", {
    at: clock_time(from, now),
    why: first ? t_code("duty", first.code) : "",
  });
  return begins + t("shared.comma") + ends;
}
