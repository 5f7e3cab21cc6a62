// The household of the caller on the line, asked for anew while it is open, and the call as it is taken.
import { computed, onUnmounted, reactive, ref, shallowRef } from "vue";
import type { CallerHousehold, CallTaken, HazardKind } from "../../src/shared/api/caller_model";
import type { Found } from "../../src/shared/api/model";
import { ask, post } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";

/** While a caller is on the line, what is known may change; nobody stays on it for long. */
const AGAIN_MS = 8_000;

export interface CallDraft {
  hazard: HazardKind | null;
  are_neighbours_out: boolean;
  is_call_back_wanted: boolean;
  text: string;
}

function empty_draft(): CallDraft {
  return { hazard: null, are_neighbours_out: false, is_call_back_wanted: false, text: "" };
}

/** Sent again after a lost answer, a call with the same id is the same call. */
function new_call_id(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `call-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

export function use_caller(session: Session, now: () => number) {
  /** What was chosen: a household, or a place in which none is known. */
  const chosen = shallowRef<Found | null>(null);
  const household = shallowRef<CallerHousehold | null>(null);
  const is_meter_asked = ref(false);
  const error = shallowRef<unknown>(null);
  const draft = reactive<CallDraft>(empty_draft());
  const taken = shallowRef<{ call: CallTaken; at: number } | null>(null);
  const is_sending = ref(false);
  const can_take = computed(
    () => chosen.value !== null && !is_sending.value && !taken.value && has_place(chosen.value),
  );
  let call: { id: string; at: string } | null = null;
  let timer: ReturnType<typeof setTimeout>;
  let is_gone = false;

  function has_place(one: Found): boolean {
    return one.kind === "service_point" || (one.lon !== null && one.lat !== null);
  }

  function choose(one: Found | null): void {
    clearTimeout(timer);
    chosen.value = one;
    household.value = null;
    error.value = null;
    is_meter_asked.value = false;
    begin_call();
    if (one?.kind !== "service_point") return;
    void look(one);
    void ask_meter(one);
  }

  /** Another call about the same household, or the first one. */
  function begin_call(): void {
    Object.assign(draft, empty_draft());
    taken.value = null;
    call = null;
  }

  async function look(one: Found): Promise<void> {
    clearTimeout(timer);
    try {
      const found = await ask<CallerHousehold>(`/api/calls/households/${encodeURIComponent(one.id)}`);
      if (chosen.value !== one) return;
      household.value = found;
      error.value = null;
    } catch (problem) {
      if (chosen.value !== one || session.notice(problem)) return;
      error.value = problem;
    }
    if (!is_gone) timer = setTimeout(() => void look(one), AGAIN_MS);
  }

  /** Where nothing explains it, the meter is asked beside; its answer is in the next look. */
  async function ask_meter(one: Found): Promise<void> {
    try {
      const path = "/api/calls/look-up";
      const { answers } = await post<{ answers: { meter_asked: boolean }[] }>(path, {
        service_point: one.id,
      });
      if (chosen.value === one) is_meter_asked.value = answers.some(({ meter_asked }) => meter_asked);
    } catch {
      // The look itself says what is wrong.
    }
  }

  async function take(): Promise<void> {
    const one = chosen.value;
    if (!one || !can_take.value) return;
    call ??= { id: new_call_id(), at: new Date(now()).toISOString() };
    is_sending.value = true;
    error.value = null;
    const place = one.kind === "service_point" ? { service_point: one.id } : { lon: one.lon, lat: one.lat };
    const { text, ...said } = draft;
    try {
      const answer = await post<CallTaken>("/api/calls", {
        ...call,
        ...place,
        ...said,
        text: text.trim() || null,
      });
      if (chosen.value === one) taken.value = { call: answer, at: now() };
      if (one.kind === "service_point" && chosen.value === one) void look(one);
    } catch (problem) {
      if (!session.notice(problem) && chosen.value === one) error.value = problem;
    } finally {
      is_sending.value = false;
    }
  }

  onUnmounted(() => {
    is_gone = true;
    clearTimeout(timer);
  });

  return {
    chosen,
    household,
    is_meter_asked,
    error,
    draft,
    taken,
    is_sending,
    can_take,
    choose,
    begin_call,
    take,
  };
}

export type Caller = ReturnType<typeof use_caller>;
