// Numbers in words.
import { t } from "./vocabulary";

/** A probability; one that is not quite certain never looks as if it were. */
export function percentage(probability: number): string {
  if (probability > 0.99) return t("shared.percent.most");
  if (probability < 0.01) return t("shared.percent.least");
  return t("shared.percent", { percent: Math.round(probability * 100) });
}
