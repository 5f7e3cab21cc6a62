// A reason in the reader's language: the code says which sentence, the values fill it in.
import type { Reason } from "../../src/shared/api/model";
import { clock_time } from "../../src/shared/words/times";
import { key_for, t, t_code, type Values } from "../../src/shared/words/vocabulary";

/** Values that are codes themselves, and the vocabulary they are said from. */
const coded: Record<string, string> = { skills: "skill", source: "travel_source", result: "finding" };

export function reason_words(prefix: string, reason: Reason, now: number): string {
  const key = key_for(prefix, reason.code);
  if (!key) return reason.text;
  const values: Values = {};
  for (const [name, value] of Object.entries(reason.values)) values[name] = value_words(name, value, now);
  return t(key, values);
}

function value_words(name: string, value: unknown, now: number): string {
  if (name === "at") return clock_time(String(value), now);
  if (name === "device") return device_words(String(value));
  const many = Array.isArray(value) ? value : [value];
  return many
    .map((one) => (coded[name] ? t_code(coded[name], String(one)) : String(one)))
    .join(t("shared.comma"));
}

/** Reasons speak of "fuse F-12": the kind is a word of ours, the id stays as it is. */
function device_words(device: string): string {
  const [first = "", ...rest] = device.split(" ");
  const key = key_for("device_kind", first === "transformer" ? "distribution" : first);
  return key && rest.length > 0 ? [t(key), ...rest].join(" ") : device;
}
