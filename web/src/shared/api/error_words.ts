// What an error says to the person at the page, in their language.
import { type Key, key_for, t } from "../words/vocabulary";
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
  return key ? t(key) : t("shared.error.refused", { text: error.message });
}
