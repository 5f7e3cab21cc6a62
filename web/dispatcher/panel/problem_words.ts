// Why an order was not taken, said so that the dispatcher knows what to look at next.
import { because_words, error_words } from "../../src/shared/api/error_words";
import { Refusal } from "../../src/shared/api/errors";
import type { Change, OutageStatus } from "../../src/shared/api/model";
import { clock_time } from "../../src/shared/words/times";
import { t } from "../../src/shared/words/vocabulary";
import type { Desk } from "../live/desk";
import { subject_words } from "../plan/plan_words";
import { change_words } from "./change_words";

export function problem_words(error: unknown, desk: Desk, now: number): string {
  if (!(error instanceof Refusal)) return error_words(error);
  if (error.code === "stale_version") return stale_words(error.fields.changes as Change[], desk, now);
  if (error.code === "stale_plan") return stale_plan_words(error.fields, desk, now);
  if (error.code === "illegal_transition" && String(error.fields.subject).startsWith("Outage")) {
    return t("dispatcher.problem.status", {
      status: t(`status.outage.${error.fields.status as OutageStatus}`),
    });
  }
  if (error.code === "conflict") {
    return t("dispatcher.problem.conflict", { text: because_words(error) ?? error.message });
  }
  return error_words(error);
}

/** "14:05: Wang confirmed it. … Look again, then decide." */
function stale_words(changes: Change[], desk: Desk, now: number): string {
  return t("dispatcher.problem.stale", { changes: told_words(changes, desk, now) });
}

/** What the plan says now of a stop that was wanted, and what happened since. */
function stale_plan_words(fields: Refusal["fields"], desk: Desk, now: number): string {
  const subject = {
    outage_id: fields.outage_id ? String(fields.outage_id) : null,
    hazard_id: fields.hazard_id ? String(fields.hazard_id) : null,
  };
  const planned = fields.planned_crew === null ? null : String(fields.planned_crew);
  const values = {
    device: subject_words(subject, desk.known),
    crew: planned ? desk.crew_name(planned) : "",
    changes: told_words(fields.changes as Change[], desk, now),
  };
  if (!planned) return t("plan.problem.stale_nobody", values);
  return t(planned === fields.crew_id ? "plan.problem.stale_sent" : "plan.problem.stale", values);
}

export function told_words(changes: Change[], desk: Desk, now: number): string {
  const told = changes.map((change) =>
    t("dispatcher.problem.stale_change", {
      change: change_words(change, desk, now),
      at: clock_time(change.recorded_at, now),
    }),
  );
  return told.join(" ");
}
