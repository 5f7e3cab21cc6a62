// What an error says to the person at the page, in their language.
import { clock_time } from "../words/times";
import { type Key, key_for, t, type Values } from "../words/vocabulary";
import { Away, Refusal } from "./errors";

const away_words: Record<Away["reason"], Key> = {
  network: "shared.error.away_network",
  database: "shared.error.away_database",
  server: "shared.error.away_server",
};

/** Say an error. What only the server can word is quoted as the server said it. */
export function error_words(error: unknown): string {
  if (error instanceof Away) return t(away_words[error.reason]);
  if (!(error instanceof Refusal)) return t("shared.error.unexpected");
  const key = key_for("shared.error", error.code);
  return because_words(error) ?? (key ? t(key) : t("shared.error.refused", { text: error.message }));
}

/** Why an order was not taken, from the code and values that came with the refusal; null where it has none. */
export function because_words({ fields }: Refusal): string | null {
  const key = key_for("shared.because", String(fields.because));
  if (!key) return null;
  const told = Object.entries((fields.values ?? {}) as Record<string, unknown>);
  const values: Values = Object.fromEntries(told.map(([name, value]) => [name, value_words(name, value)]));
  return t(key, values);
}

function value_words(name: string, value: unknown): string {
  if (name.endsWith("_at")) return clock_time(String(value), Date.now());
  return Array.isArray(value) ? value.join(t("shared.comma")) : String(value);
}
