// What a plan is worth, what a stop brings, and why work has no crew: in words.
import type { LoggedHazard } from "../../src/shared/api/hazard_model";
import type { PlanFigures, PlanStop, RunningPlan, UnplannedWork } from "../../src/shared/api/plan_model";
import { clock_time, duration } from "../../src/shared/words/times";
import { html_language, key_for, t, t_code, t_count, type Values } from "../../src/shared/words/vocabulary";
import type { Subject } from "./plan_rows";

const MINUTE_MS = 60_000;

/** "At most 12 % from the best possible": rounded up, so that it never promises too much. */
export function gap_words({ gap }: PlanFigures): string {
  const percent = Math.ceil(gap * 100 - 1e-6);
  return percent <= 1 ? t("plan.gap.best") : t("plan.gap", { percent });
}

/** How many customer-minutes fewer than by sending the nearest crew each time; rounded down. */
export function nearest_words({ customer_minutes: own, nearest_crew: nearest }: PlanFigures): string {
  const share = nearest > 0 ? 1 - own / nearest : 0;
  const percent = Math.floor(Math.abs(share) * 100 + 1e-6);
  if (percent < 1) return t("plan.nearest.same");
  return t(share > 0 ? "plan.nearest.less" : "plan.nearest.more", { percent });
}

export function minutes_words({ customer_minutes, nearest_crew }: PlanFigures): string {
  return t("plan.minutes", { own: number(customer_minutes), nearest: number(nearest_crew) });
}

/** "made 3 min ago (14:05)". */
export function age_words({ made_at }: RunningPlan, now: number): string {
  const age = now - Date.parse(made_at);
  const at = clock_time(made_at, now);
  return age < MINUTE_MS ? t("plan.made_now", { at }) : t("plan.made", { age: duration(age), at });
}

/** "there 14:05, done 15:20". Where it should be already, its job says where it is, not the plan. */
export function times_words(stop: PlanStop, now: number): string {
  const finish = clock_time(stop.finish_at, now);
  if (Date.parse(stop.arrive_at) <= now)
    return t(stop.job_id ? "plan.stop.done" : "plan.stop.at_once", { finish });
  return t("plan.stop.times", { arrive: clock_time(stop.arrive_at, now), finish });
}

/** "120 customers back 15:20", and what they wait for beside this stop. */
export function restores_words(stop: PlanStop, now: number): string {
  if (stop.kind === "make_safe") return t("plan.stop.makes_safe");
  if (stop.kind === "assessment") return t("plan.stop.looks");
  if (stop.customers === 0) return t("plan.stop.restores_nobody");
  const customers = t_count("plan.customers", stop.customers);
  const outages = stop.waits_for.join(t("shared.comma"));
  if (!stop.restored_at) return t("plan.stop.waits", { customers, outages });
  const back = t("plan.stop.restores", { customers, at: clock_time(stop.restored_at, now) });
  return outages ? t("plan.stop.restores_after", { back, outages }) : back;
}

/** Where it is: the device of the outage, or what endangers people. */
export function subject_words(
  { outage_id, hazard_id }: Subject,
  known: {
    outages: ReadonlyMap<string, { device: string }>;
    hazards: ReadonlyMap<string, Pick<LoggedHazard, "kind">>;
  },
): string {
  if (!hazard_id) return known.outages.get(outage_id ?? "")?.device ?? outage_id ?? "";
  const hazard = known.hazards.get(hazard_id);
  return hazard ? t("plan.hazard", { kind: t_code("hazard", hazard.kind), hazard: hazard_id }) : hazard_id;
}

/** Why no crew is planned for it. */
export function unplanned_words(work: UnplannedWork, crew_name: (id: string) => string): string {
  const key = key_for("plan.because", work.because);
  if (!key) return work.text;
  const { crew, skills, missing_minutes } = work.values;
  const values: Values = {
    crew: crew ? crew_name(String(crew)) : t("plan.any_crew"),
    skills: (Array.isArray(skills) ? skills : [])
      .map((one) => t_code("skill", String(one)))
      .join(t("shared.comma")),
    missing: missing_minutes === undefined ? "" : duration(Number(missing_minutes) * MINUTE_MS),
  };
  if (work.because === "shift_too_short" && !values.missing) return t("plan.because.crews_busy");
  if (work.because === "all_crews_forbidden" && !values.skills) return t("plan.because.all_crews_kept_away");
  if (work.because === "no_other_crew" && !values.skills)
    return t("plan.because.no_other_crew_at_all", values);
  return t(key, values);
}

function number(value: number): string {
  return Math.round(value).toLocaleString(html_language());
}
