// One change of the log as a sentence, in the reader's language.
import type { Change } from "../../src/shared/api/model";
import { clock_time } from "../../src/shared/words/times";
import { key_for, t, t_code, type Values } from "../../src/shared/words/vocabulary";
import type { Desk } from "../live/desk";

export function change_words(change: Change, desk: Desk, now: number): string {
  const key = key_for("change", change.name);
  const values: Values = { actor: actor_words(change.actor), ...subject_values(change, desk, now) };
  // A kind of change newer than this page: its name is better than nothing.
  if (!key) return t("change.other", { ...values, name: change.name });
  return t(key, values);
}

export function actor_words(actor: string): string {
  const key = key_for("actor", actor);
  return key ? t(key) : actor;
}

function subject_values(change: Change, desk: Desk, now: number): Values {
  const value = (field: string, which: "old" | "new" = "new"): unknown =>
    change.data.values?.[field]?.[which];
  const text = (field: string, which?: "old" | "new"): string => String(value(field, which) ?? "");
  const time = (field: string, which?: "old" | "new"): string => clock_time(text(field, which) || null, now);
  const job = change.subject.startsWith("job:") ? desk.known.jobs.get(change.subject.slice(4)) : undefined;
  const crew_id = text("crew_id") || job?.crew_id || "";
  return {
    device: text("device"),
    old_device: text("device", "old"),
    customers: customers_words(change),
    etr: change.data.etr_at ? clock_time(change.data.etr_at, now) : time("etr_at"),
    source: text("etr_source") && t("change.source", { source: t_code("etr_source", text("etr_source")) }),
    restored: time("restored_at"),
    reopened: time("reopened_at"),
    split_from: text("split_from"),
    cause: t_code("cause", text("cause")),
    reason: text("dismissed_because") || text("ended_because") || change.data.reason || t("change.no_reason"),
    called: change.data.service_point ?? "",
    call_outcome: change.data.outcome ? t_code("dispatcher.verify.outcome", change.data.outcome) : "",
    incident: change.data.incident ?? "",
    outage: text("merged_into") || text("outage_id"),
    promise: promise_words(change),
    due: time("due_at"),
    pause_reason: t_code("promise.reason", text("reason")),
    flag: t_code("promise.flag", text("flag")),
    danger: change.data.danger ? t_code("danger_word.kind", change.data.danger) : "",
    hazards: (change.data.hazards ?? []).map((one) => t_code("hazard", one)).join(t("shared.comma")),
    ...hazard_values(change),
    ...step_values(change),
    crew: crew_id ? desk.crew_name(crew_id) : "",
    materials: (change.data.materials ?? [])
      .map(({ kind, quantity }) => `${quantity} × ${t_code("material", kind)}`)
      .join(t("shared.comma")),
  };
}

/** What the change of a danger says of it; empty for all others. */
function hazard_values(change: Change): Values {
  const new_code = (field: string, prefix: string): string =>
    t_code(prefix, String(change.data.values?.[field]?.new ?? ""));
  const { warnings } = change.data;
  const stages = (warnings ?? []).map((one) => t_code("hazards.stage", one.replace(/_(soon|over)$/, "")));
  return {
    id: change.subject.split(":")[1] ?? "",
    hazard: new_code("kind", "hazard"),
    level: new_code("level", "hazards.level"),
    authority: new_code("waiting_authority", "hazards.authority"),
    outcome: new_code("outcome", "hazards.outcome"),
    stages: stages.join(t("shared.comma")),
  };
}

/** The switching step that a change is about; empty for all others. */
function step_values(change: Change): Values {
  const { step } = change.data;
  if (!step) return { step: "", step_action: "", step_device: "" };
  return {
    step: String(step.number),
    step_action: step.action ? t_code("switching.action", step.action) : "",
    step_device: step.device ?? "",
  };
}

/** The promise that a change is about: its subject is "promise:outage/promise". */
function promise_words(change: Change): string {
  return t_code("promise.name", change.subject.split("/")[1] ?? "");
}

function customers_words(change: Change): string {
  const counts = change.data.values?.customers_out;
  if (!counts) return t("change.customers.same");
  if (counts.old === null) return t("change.customers.first", { count: String(counts.new) });
  return t("change.customers.changed", { old: String(counts.old), new: String(counts.new) });
}
