// Where a replay stands and how it is moved: by the slider, step by step, or played. One question at a time; of what
// was wanted meanwhile only the last is asked for.
import { computed, onUnmounted, ref, shallowRef, watch } from "vue";
import type { Moment, PastChanges, PastCurve, PastState } from "../../src/shared/api/replay_model";
import { ask } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";
import type { Snapshot } from "../live/replay";
import type { PastDesk } from "./past_desk";

/** How many hours the slider may reach back. */
export const spans = [1, 6, 24, 72] as const;
/** Seconds of the past in one second. */
export const speeds = [10, 60, 300, 1_800] as const;
const TICK_MS = 500;

export function use_replay(session: Session, desk: PastDesk) {
  const curve = shallowRef<PastCurve | null>(null);
  const hours = ref<number>(24);
  /** What is shown; null until the first state is there. */
  const moment = shallowRef<Moment | null>(null);
  /** Where the slider is, before its state is there: milliseconds. */
  const wanted_ms = ref<number | null>(null);
  const error = shallowRef<unknown>(null);
  const is_playing = ref(false);
  const speed = ref<number>(60);
  let wanted: string | null = null;
  let is_asking = false;
  let is_gone = false;

  const at_ms = computed(() => wanted_ms.value ?? (moment.value ? Date.parse(moment.value.at) : 0));
  const since_ms = computed(() => Date.parse(curve.value?.since ?? ""));
  const until_ms = computed(() => Date.parse(curve.value?.until ?? ""));

  /** Go to an instant as it was told, or to milliseconds within the curve. */
  function go_to(at: string | number): void {
    if (!curve.value?.points.length) return;
    wanted = typeof at === "string" ? at : told(at, curve.value);
    wanted_ms.value = Date.parse(wanted);
    if (!is_asking) void work_off();
  }

  async function work_off(): Promise<void> {
    is_asking = true;
    try {
      while (wanted !== null && !is_gone) {
        const at = wanted;
        wanted = null;
        const next = await show(at);
        if (!is_gone) moment.value = next;
        error.value = null;
      }
      wanted_ms.value = null;
    } catch (problem) {
      is_playing.value = false;
      wanted = null;
      wanted_ms.value = null;
      if (!session.notice(problem)) error.value = problem;
    } finally {
      is_asking = false;
    }
  }

  async function show(at: string): Promise<Moment> {
    const from = moment.value;
    if (from && Date.parse(at) > Date.parse(from.at)) {
      const query = new URLSearchParams({ after: String(from.position), until: at });
      const told_changes = await ask<PastChanges>(`/api/replay/changes?${query}`);
      if (!is_gone && desk.follow_changes(told_changes)) return told_changes;
    }
    const state = await ask<PastState & Snapshot>(`/api/replay?${new URLSearchParams({ at })}`);
    if (!is_gone) desk.take(state);
    return state;
  }

  async function load_curve(): Promise<void> {
    try {
      const loaded = await ask<PastCurve>(`/api/replay/curve?hours=${hours.value}`);
      if (is_gone) return;
      curve.value = loaded;
      error.value = null;
      if (loaded.points.length === 0) return;
      if (!moment.value || at_ms.value < since_ms.value) go_to(moment.value ? loaded.since : loaded.until);
    } catch (problem) {
      if (!session.notice(problem)) error.value = problem;
    }
  }

  /** To the next change, or back to the one before. */
  function step(direction: -1 | 1): void {
    is_playing.value = false;
    const at = direction < 0 ? moment.value?.previous_at : moment.value?.next_at;
    if (at && wanted === null && !is_asking) go_to(at);
  }

  function turn_playing(): void {
    if (!curve.value?.points.length) return;
    if (!is_playing.value && at_ms.value >= until_ms.value) go_to(curve.value.since);
    is_playing.value = !is_playing.value;
  }

  const timer = setInterval(() => {
    if (!is_playing.value || is_asking) return;
    const next = Math.min(at_ms.value + speed.value * TICK_MS, until_ms.value);
    if (next >= until_ms.value) is_playing.value = false;
    go_to(next);
  }, TICK_MS);
  watch(hours, () => void load_curve());
  watch(
    () => session.state,
    (state) => {
      if (state === "signed_in" && error.value === null && !curve.value) void load_curve();
    },
  );
  onUnmounted(() => {
    is_gone = true;
    clearInterval(timer);
  });
  void load_curve();
  return {
    curve,
    hours,
    moment,
    at_ms,
    since_ms,
    until_ms,
    error,
    is_playing,
    speed,
    go_to,
    step,
    turn_playing,
    try_again: load_curve,
  };
}

/** An instant within a curve; its ends as they were told, since a Date would round them to before or after. */
function told(at_ms: number, { since, until }: PastCurve): string {
  if (at_ms <= Date.parse(since)) return since;
  if (at_ms >= Date.parse(until)) return until;
  return new Date(at_ms).toISOString();
}
