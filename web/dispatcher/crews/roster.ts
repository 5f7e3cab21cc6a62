// The crews as Relight tells them, asked for while the list is open, whenever something of a crew has changed.
import { onUnmounted, ref, shallowRef, watch } from "vue";
import type { Reason } from "../../src/shared/api/model";
import { ask, post } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";
import type { Desk } from "../live/desk";

export const crew_statuses = [
  "past_limit",
  "busy",
  "free",
  "before_shift",
  "resting",
  "no_shift",
  "off_duty",
] as const;
export type CrewStatus = (typeof crew_statuses)[number];
export const off_duty_reasons = [
  "stood_down",
  "people_missing",
  "vehicle_defect",
  "training",
  "other",
] as const;

export interface SkillStanding {
  skill: string;
  valid: number;
  needed: number;
  lapse: "expired" | "too_few" | null;
  until: string | null;
  expired_on: string | null;
}

export interface CrewOnRoster {
  id: string;
  name: string;
  status: CrewStatus;
  skill_standings: SkillStanding[];
  members: number;
  vehicle_kind: string;
  vehicle_id: string | null;
  depot_name: string | null;
  duty: { available_from: string | null; available_until: string | null; because: Reason[] };
  rest_until: string | null;
  off_duty_because: string | null;
  position_at: string;
  position_source: string;
  whereabouts: { code: "told" | "last_known" | "depot"; age_minutes: number };
  position_aside: { at: string; code: string; values: Record<string, number> } | null;
  jobs: { id: string; outage_id: string | null; status: string }[];
}

export interface Person {
  id: string;
  name: string;
  phone: string | null;
  is_lead: boolean;
  certificates: { skill: string; expires_on: string | null; is_valid: boolean }[];
}

/** Positions come every few seconds; the list need not. */
const NOT_BEFORE_MS = 2_000;
/** Shifts begin and end, and positions grow old, without any event. */
const ASK_EVERY_MS = 60_000;

export function use_roster(desk: Desk, session: Session) {
  const crews = shallowRef<CrewOnRoster[]>([]);
  const is_loaded = ref(false);
  const error = shallowRef<unknown>(null);
  let timer: ReturnType<typeof setTimeout>;
  let is_due_soon = false;
  let is_gone = false;

  async function look(): Promise<void> {
    is_due_soon = false;
    clearTimeout(timer);
    try {
      crews.value = (await ask<{ crews: CrewOnRoster[] }>("/api/crews")).crews;
      is_loaded.value = true;
      error.value = null;
    } catch (problem) {
      if (!session.notice(problem)) error.value = problem;
    }
    clearTimeout(timer);
    if (!is_gone) timer = setTimeout(look, is_due_soon ? NOT_BEFORE_MS : ASK_EVERY_MS);
  }

  watch(desk.latest_changes, (changes) => {
    if (is_due_soon || !changes.some(({ subject }) => /^(crew|job|duty_rules):/.test(subject))) return;
    is_due_soon = true;
    clearTimeout(timer);
    timer = setTimeout(look, NOT_BEFORE_MS);
  });
  onUnmounted(() => {
    is_gone = true;
    clearTimeout(timer);
  });
  void look();

  async function order(crew_id: string, path: string, body: object): Promise<void> {
    try {
      await post(`/api/crews/${encodeURIComponent(crew_id)}/${path}`, body);
      await look();
    } catch (problem) {
      if (!session.notice(problem)) error.value = problem;
    }
  }

  return { crews, is_loaded, error, order };
}

export async function people_of(crew_id: string): Promise<Person[]> {
  return (await ask<{ people: Person[] }>(`/api/crews/${encodeURIComponent(crew_id)}`)).people;
}
