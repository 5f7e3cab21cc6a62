// A reason in the reader's language: the code says which sentence, the values fill it in.
import type { Reason } from "../../src/shared/api/model";
import { clock_time, duration } from "../../src/shared/words/times";
import { html_language, key_for, t, t_code, t_count, type Values } from "../../src/shared/words/vocabulary";

const MINUTE_MS = 60_000;

/** Values that are codes themselves, and the vocabulary they are said from. */
const coded: Record<string, string> = { skills: "skill", source: "travel_source", result: "finding" };

export function reason_words(prefix: string, reason: Reason, now: number): string {
  const key = key_for(prefix, reason.code);
  if (!key) return reason.text;
  const values: Values = {};
  for (const [name, value] of Object.entries(reason.values)) {
    values[name] =
      name === "device" ? device_words(reason.values) : value_words(name, value, reason.values, now);
  }
  values.counted = counted_words(reason.values);
  if (reason.code === "load" && reason.values.jobs_ahead === 0) return t("crew_reason.free");
  return t(key, values);
}

/** What was heard, by kind; what was not heard is not spoken of. */
function counted_words(values: Reason["values"]): string {
  const kinds = ["last_gasps", "trouble_calls", "pings"] as const;
  const heard = kinds.filter((kind) => Number(values[kind]) > 0);
  return heard.map((kind) => t_count(`reason.counted.${kind}`, Number(values[kind]))).join(t("shared.comma"));
}

function value_words(name: string, value: unknown, beside: Reason["values"], now: number): string {
  if (name === "at") return clock_time(String(value), now);
  if (name === "minutes") return duration(Number(value) * MINUTE_MS);
  // Nobody is there in no time at all.
  if (name === "travel_minutes") return duration(Math.max(1, Number(value)) * MINUTE_MS);
  if (typeof value === "number") return value.toLocaleString(html_language());
  const many = Array.isArray(value) ? value : [value];
  const listed = many
    .map((one) => (coded[name] ? t_code(coded[name], String(one)) : String(one)))
    .join(t("shared.comma"));
  const more = Array.isArray(value) ? Number(beside.more ?? 0) : 0;
  return more > 0 ? t("reason.and_more", { listed, more }) : listed;
}

/** "Fuse F-12": the kind is a word of ours, the id stays as it is. A service point goes by its id alone. */
function device_words({ device, device_kind }: Reason["values"]): string {
  const kind = String(device_kind ?? "service_point");
  return kind === "service_point" ? String(device) : `${t_code("device_kind", kind)} ${device}`;
}
