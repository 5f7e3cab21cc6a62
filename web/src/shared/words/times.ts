// Times and durations in words, on the 24-hour clock of the reader's own zone.
import { html_language, t } from "./vocabulary";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Nobody takes ten past midnight for that of tomorrow, an hour before it. */
const PLAIN_WITHIN_MS = 6 * 60 * MINUTE_MS;

/** "14:05", and with the date where it is another day than `now`, and not a few hours away. */
export function clock_time(iso: string | null, now: number): string {
  if (!iso) return t("shared.none");
  const at = new Date(iso);
  const time = at.toLocaleTimeString(html_language(), {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const is_near = Math.abs(at.getTime() - now) < PLAIN_WITHIN_MS;
  if (is_near || at.toDateString() === new Date(now).toDateString()) return time;
  const day = at.toLocaleDateString(html_language(), { day: "numeric", month: "short" });
  return `${day} ${time}`;
}

/** "14:05:09", for the page's own clock. */
export function clock_seconds(at: number): string {
  return new Date(at).toLocaleTimeString(html_language(), { hourCycle: "h23" });
}

/** "7 min", "2 h 05 min", "3 d 4 h"; never negative. */
export function duration(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / MINUTE_MS));
  if (minutes < 60) return t("shared.duration.minutes", { minutes });
  const hours = Math.floor(minutes / 60);
  if (milliseconds < DAY_MS && minutes % 60 === 0) return t("shared.duration.whole_hours", { hours });
  if (milliseconds < DAY_MS) {
    return t("shared.duration.hours", { hours, minutes: String(minutes % 60).padStart(2, "0") });
  }
  return t("shared.duration.days", { days: Math.floor(hours / 24), hours: hours % 24 });
}

/** How long ago, by the clock of Relight. */
export function since(iso: string, now: number): string {
  return duration(now - Date.parse(iso));
}

/** The value of a datetime-local field, in the reader's own zone. */
export function local_field(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * MINUTE_MS);
  return local.toISOString().slice(0, 16);
}

/** What a datetime-local field says, as ISO 8601; null while it is not a time. */
export function from_local_field(value: string): string | null {
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** "340 m", "1.2 km". */
export function distance(metres: number): string {
  if (metres < 1000) return t("shared.distance.metres", { metres: Math.round(metres / 10) * 10 });
  return t("shared.distance.kilometres", { kilometres: (metres / 1000).toFixed(1) });
}
