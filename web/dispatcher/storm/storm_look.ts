// The curve and the feeds, asked for while the storm view is open: now, every few seconds, and when much has changed.
import { onUnmounted, ref, shallowRef, watch } from "vue";
import { ask } from "../../src/shared/api/request";
import type { Session } from "../../src/shared/api/session";
import type { Storm } from "../../src/shared/api/storm_model";

const AGAIN_MS = 5_000;
export const spans = [null, 1, 6, 24, 72] as const;
export type Span = (typeof spans)[number];

export function use_storm(session: Session) {
  const storm = shallowRef<Storm | null>(null);
  const error = shallowRef<unknown>(null);
  /** How many hours back; null: since what is open began. */
  const span = ref<Span>(null);
  let timer: ReturnType<typeof setTimeout>;
  let asked: AbortController | null = null;
  let is_gone = false;

  async function look(): Promise<void> {
    clearTimeout(timer);
    asked?.abort();
    const own = new AbortController();
    asked = own;
    try {
      const query = span.value === null ? "" : `?hours=${span.value}`;
      storm.value = await ask<Storm>(`/api/storm${query}`, { signal: own.signal });
      error.value = null;
    } catch (problem) {
      if (own.signal.aborted) return;
      if (!session.notice(problem)) error.value = problem;
    }
    // What stands there already stays, with a word that it is old.
    if (!is_gone && asked === own) timer = setTimeout(() => void look(), AGAIN_MS);
  }

  watch(span, () => void look());
  onUnmounted(() => {
    is_gone = true;
    clearTimeout(timer);
    asked?.abort();
  });
  void look();
  return { storm, error, span };
}
