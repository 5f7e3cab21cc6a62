// What is said of planned outages: times, conflicts, changes.
import type { PlannedChange, PlannedConflict, PlannedOutage } from "../../src/shared/api/planned_model";
import { clock_time, duration } from "../../src/shared/words/times";
import { key_for, t, t_code, t_count, type Values } from "../../src/shared/words/vocabulary";
import { actor_words } from "../panel/change_words";

const MINUTE_MS = 60_000;

/** "14 Nov 08:00 – 12:00, 4 h". */
export function span_words(planned: PlannedOutage, now: number): string {
  return t("planned.span", {
    starts: clock_time(planned.starts_at, now),
    ends: clock_time(planned.ends_at, Date.parse(planned.starts_at)),
    duration: duration(planned.duration_minutes * MINUTE_MS),
  });
}

export function whom_words(planned: PlannedOutage): string {
  if (!planned.version_number) return t("planned.whom.unknown");
  return t_count("planned.whom", planned.customers, { service_points: planned.service_points });
}

/** A conflict by its code; one newer than this page as the server said it. */
export function conflict_words(conflict: PlannedConflict, now: number): string {
  const key = key_for("planned.conflict", conflict.code);
  if (!key) return conflict.text;
  const values: Values = {};
  for (const [name, value] of Object.entries(conflict.values)) {
    if (Array.isArray(value)) values[name] = value.join(t("shared.comma"));
    else values[name] = name.endsWith("_at") ? clock_time(String(value), now) : String(value);
  }
  return t(key, values);
}

/** Every field that changed, with old and new: "end 12:00 → 14:00". */
export function changed_words({ data }: PlannedChange, now: number): string {
  const told = Object.entries(data.values ?? {}).flatMap(([field, { old, new: after }]) => {
    const key = key_for("planned.field", field);
    if (!key) return [];
    const say = (value: unknown): string => value_words(field, value, now);
    return [t("planned.changed", { field: t(key), old: say(old), new: say(after) })];
  });
  return told.join(t("shared.comma"));
}

export function change_title({ name, actor }: PlannedChange): string {
  const key = key_for("change", name);
  const values = { actor: actor_words(actor) };
  return key ? t(key, values) : t("change.other", { ...values, name });
}

function value_words(field: string, value: unknown, now: number): string {
  if (value === null || value === undefined) return t("shared.none");
  if (field.endsWith("_at")) return clock_time(String(value), now);
  return field === "status" ? t_code("planned.status", String(value)) : String(value);
}
