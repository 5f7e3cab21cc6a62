// A restoration time in words: from when to when, and who says so.
import { clock_time } from "./times";
import { t, t_code } from "./vocabulary";

export interface PublishedEtr {
  etr_at?: string | null;
  etr_source?: string | null;
  etr_earliest?: string | null;
  etr_latest?: string | null;
}

/** "between 16:00 and 17:15"; empty where there is no window. */
export function window_words(earliest: string | null, latest: string | null, now: number): string {
  if (!earliest || !latest) return "";
  return t("etr.window", { earliest: clock_time(earliest, now), latest: clock_time(latest, now) });
}

/** "between 16:00 and 17:15, the crew says". */
export function etr_note(etr: PublishedEtr, now: number): string {
  const window = window_words(etr.etr_earliest ?? null, etr.etr_latest ?? null, now);
  const source = t_code("etr_source", etr.etr_source ?? "");
  return window && source ? t("etr.note", { window, source }) : window || source;
}
