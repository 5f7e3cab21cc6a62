// Which restoration times are about to lapse, by the page's own clock: the alarm needs no answer from Relight.
import { is_out } from "../live/decisions";
import type { LoggedOutage } from "../live/replay";

export interface Lapsing {
  outage: LoggedOutage;
  etr_at: number;
  has_lapsed: boolean;
}

/** The alarm of an outage is due, or was raised. */
export function is_lapsing(outage: LoggedOutage, now: number): boolean {
  if (!outage.etr_at || !is_out(outage.status)) return false;
  const due = Date.parse(outage.etr_warn_at ?? outage.etr_at);
  return due <= now || outage.etr_lapsing_at !== undefined;
}

/** Those whose time is about to lapse or has, the earliest first. */
export function lapsing(outages: Iterable<LoggedOutage>, now: number): Lapsing[] {
  const found: Lapsing[] = [];
  for (const outage of outages) {
    if (!outage.etr_at || !is_lapsing(outage, now)) continue;
    const etr_at = Date.parse(outage.etr_at);
    found.push({ outage, etr_at, has_lapsed: etr_at <= now });
  }
  return found.sort((a, b) => a.etr_at - b.etr_at || a.outage.id.localeCompare(b.outage.id));
}
