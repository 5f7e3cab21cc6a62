// Switching in words: steps, what they would do, what speaks against them, and who or what is next.
import type {
  CriticalCustomer,
  NotChecked,
  OrderStatus,
  Overload,
  Ring,
  StepOrder,
  StepPreview,
  StepStatus,
} from "../../src/shared/api/switching_model";
import { t, t_code, t_count } from "../../src/shared/words/vocabulary";

/** What of an order its words need: as the log tells it, or as it was asked for. */
export interface OrderState {
  status: OrderStatus;
  steps: readonly (StepOrder & { number: number; status: StepStatus })[];
}

/** How a line is to be read: as it is, as good, as something to think about, as something that stops. */
export type Tone = "plain" | "good" | "warning" | "danger";
export interface EffectLine {
  tone: Tone;
  words: string;
}

/** "Open SW1", and the phases where they are not all three. */
export function step_words({ action, device, name, node, to_node, phases }: StepOrder): string {
  const places = { device: device ?? "", name: name ?? "", node: node ?? "", to_node: to_node ?? "" };
  const words = t(`switching.step.${action}`, places);
  return phases === "ABC" || phases === "" ? words : t("switching.step.phases", { step: words, phases });
}

/** What an order waits for: its steps, an approval, the next step; null when it is over. */
export function next_words({ status, steps }: OrderState): string | null {
  if (status === "completed" || status === "cancelled") return null;
  if (status === "draft") return t(steps.length ? "switching.next.approval" : "switching.next.steps");
  const next = steps.find((step) => step.status !== "executed");
  if (!next) return null;
  const values = { number: next.number, of: steps.length, step: step_words(next) };
  return t(next.status === "instructed" ? "switching.next.told" : "switching.next.step", values);
}

/** How far an order has come: "2 of 5 executed". */
export function progress_words({ steps }: OrderState): string {
  const done = steps.filter(({ status }) => status === "executed").length;
  return t("switching.progress", { done, of: steps.length });
}

/** Everything a step would do, the worst first. `danger_words` names a hazard or an outage by its id. */
export function effect_lines(step: StepPreview, danger_words: (id: string) => string): EffectLine[] {
  const lines: EffectLine[] = [];
  const say = (tone: Tone, words: string): void => void lines.push({ tone, words });
  if (step.changes_nothing) say("warning", t("switching.effect.nothing", { device: step.device ?? "" }));
  for (const tag of step.tags) {
    const values = { kind: t(`switching.tag.kind.${tag.kind}`), actor: tag.placed_by, tag: tag.id };
    say("danger", t("switching.effect.tagged", values));
  }
  for (const id of step.hazards) say("danger", t("switching.effect.danger", { what: danger_words(id) }));
  if (step.customers_lost || step.service_points_lost) {
    say("danger", t_count("switching.effect.lost", step.customers_lost));
    if (step.critical_lost.length)
      say("danger", t("switching.effect.critical_lost", { who: critical_words(step.critical_lost) }));
  }
  for (const ring of step.rings) say("warning", ring_words(ring));
  for (const one of step.overloads) say("warning", overload_words(one));
  if (step.customers_gained || step.service_points_gained) {
    say("good", t_count("switching.effect.gained", step.customers_gained));
    if (step.critical_gained.length)
      say("good", t("switching.effect.critical_gained", { who: critical_words(step.critical_gained) }));
  }
  if (step.flags.includes("changed_since_prepared"))
    say("warning", t("switching.flag.changed_since_prepared"));
  if (lines.length === 0) say("plain", t("switching.effect.nobody"));
  if (step.not_checked.length) say("warning", not_checked_words(step.not_checked));
  else if (!step.changes_nothing && step.overloads.length === 0)
    say("plain", t("switching.effect.no_overload"));
  return lines;
}

/** Names where they are known, else accounts or ids; with their grade. */
export function critical_words(customers: readonly CriticalCustomer[]): string {
  const named = customers.map(({ name, account, service_point, priority }) =>
    t("switching.effect.critical", {
      name: name ?? account ?? service_point,
      priority: t_code("priority", priority),
    }),
  );
  return named.join(t("shared.comma"));
}

export function ring_words(ring: Ring): string {
  const [one, other] = ring.has_two_sources ? ring.sources : ring.feeders;
  const key = ring.has_two_sources ? "switching.effect.sources" : "switching.effect.ring";
  return t(key, { one: one ?? t("shared.none"), other: other ?? t("shared.none"), phases: ring.phases });
}

export function overload_words({ device, carried, rated, unit }: Overload): string {
  const values = { device, carried: Math.round(carried), rated: Math.round(rated), unit };
  return t("switching.effect.overload", values);
}

export function not_checked_words(reasons: readonly NotChecked[]): string {
  const told = reasons.map(({ reason, devices }) =>
    t("switching.not_checked.reason", { reason: t_code("switching.not_checked", reason), count: devices }),
  );
  return t("switching.not_checked", { reasons: told.join(t("shared.comma")) });
}

/** The least free share of a rating; where none was checked, that is said. */
export function margin_words(margin: number | null): string {
  if (margin === null) return t("switching.margin.unknown");
  return t("switching.margin", { percent: Math.round(margin * 100) });
}

export function flag_words(flags: readonly string[]): string {
  return flags.map((flag) => t_code("switching.flag", flag)).join(" ");
}
