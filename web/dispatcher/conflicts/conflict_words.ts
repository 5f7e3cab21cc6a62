// A conflict in the reader's language: the code says which sentence, subject and facts fill it in.
import { html_language, key_for, t, type Values } from "../../src/shared/words/vocabulary";
import type { Conflict } from "../live/replay";

export function conflict_words(conflict: Conflict): string {
  const key = key_for("conflict", conflict.code);
  if (!key) return conflict.text;
  const values: Values = { subject: subject_words(conflict.subject) };
  for (const [name, fact] of Object.entries(conflict.facts)) values[name] = fact_words(fact, conflict.facts);
  const said = t(key, values);
  // The same code with other facts than the sentence wants: the English of the engine says it whole.
  return /\{\w+\}/.test(said) ? conflict.text : said;
}

/** A source goes by its name in words, everything else by its id. */
function subject_words(subject: string): string {
  const key = key_for("source", subject);
  return key ? t(key) : subject;
}

function fact_words(fact: unknown, beside: Conflict["facts"]): string {
  if (typeof fact === "number") return fact.toLocaleString(html_language());
  if (!Array.isArray(fact)) return String(fact);
  const listed = fact.map(String).join(t("shared.comma"));
  const more = Number(beside.more ?? 0);
  return more > 0 ? t("reason.and_more", { listed, more }) : listed;
}
