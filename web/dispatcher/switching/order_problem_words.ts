// Why something about switching was refused, and the way out of it.
import { because_words } from "../../src/shared/api/error_words";
import { Refusal } from "../../src/shared/api/errors";
import type { Change } from "../../src/shared/api/model";
import type { OrderStatus } from "../../src/shared/api/switching_model";
import { t } from "../../src/shared/words/vocabulary";
import type { Desk } from "../live/desk";
import { problem_words, told_words } from "../panel/problem_words";
import { flag_words } from "./switching_words";

/** The way out that belongs to a reason why. */
const ways_out = {
  device_tagged: "switching.way_out.tagged",
  step_changes_nothing: "switching.way_out.changes_nothing",
  outage_not_confirmed: "switching.way_out.not_confirmed",
} as const;

export function order_problem_words(error: unknown, desk: Desk, now: number): string {
  if (!(error instanceof Refusal)) return problem_words(error, desk, now);
  const { code, fields } = error;
  if (code === "stale_switching") {
    const changes = told_words(fields.changes as Change[], desk, now);
    return t("switching.problem.stale", { changes: changes || t("switching.problem.stale_unknown") });
  }
  if (code === "reason_needed") {
    return t("switching.problem.reason", { flags: flag_words(fields.flags as string[]) });
  }
  if (code === "illegal_transition" && String(fields.subject).startsWith("Switching order")) {
    return t("switching.problem.status", { status: t(`switching.status.${fields.status as OrderStatus}`) });
  }
  if (code === "unknown" && fields.kind === "device") {
    return t("switching.problem.unknown_device", { device: String(fields.id) });
  }
  if (code === "unknown" && fields.kind === "node") {
    return t("switching.problem.unknown_node", { node: String(fields.id) });
  }
  const is_plain = code === "invalid_input" && !fields.because;
  if (is_plain && fields.field === "device") return t("switching.problem.not_switchable");
  if (is_plain && fields.field === "phases") return t("switching.problem.phases");
  const said = because_words(error) ?? problem_words(error, desk, now);
  const way_out = ways_out[fields.because as keyof typeof ways_out];
  return way_out ? `${said} ${t(way_out)}` : said;
}
