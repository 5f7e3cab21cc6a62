// What is typed into the search field, and what Relight found for it. An answer that was overtaken is thrown away.
import { onUnmounted, ref, shallowRef, watch } from "vue";
import type { Found } from "../../src/shared/api/model";
import { ask } from "../../src/shared/api/request";

const GATHER_MS = 180;
export const SHORTEST = 2;
export const LONGEST = 100;
const MOST_FOUND = 12;

export type Stage = "idle" | "searching" | "found" | "failed";

export interface Search {
  stage: Stage;
  /** For what the results are. */
  query: string;
  results: readonly Found[];
  error: unknown;
}

export function use_search(ends_sign_in: (error: unknown) => boolean) {
  const typed = ref("");
  const search = shallowRef<Search>(nothing());
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked: AbortController | null = null;

  function nothing(): Search {
    return { stage: "idle", query: "", results: [], error: null };
  }

  function stop(): void {
    clearTimeout(timer);
    asked?.abort();
    asked = null;
  }

  async function run(): Promise<void> {
    stop();
    const query = typed.value.trim();
    const own = new AbortController();
    asked = own;
    try {
      const path = `/api/search?q=${encodeURIComponent(query)}&limit=${MOST_FOUND}`;
      const { results } = await ask<{ results: Found[] }>(path, { signal: own.signal });
      if (!own.signal.aborted) search.value = { stage: "found", query, results, error: null };
    } catch (error) {
      if (own.signal.aborted) return;
      search.value = ends_sign_in(error) ? nothing() : { stage: "failed", query, results: [], error };
    }
  }

  watch(typed, (now) => {
    stop();
    if (now.trim().length < SHORTEST) {
      search.value = nothing();
      return;
    }
    // What was found before stays until there is something newer: a list that flickers cannot be read.
    search.value = { ...search.value, stage: "searching" };
    timer = setTimeout(() => void run(), GATHER_MS);
  });
  onUnmounted(stop);
  return { typed, search, run };
}
