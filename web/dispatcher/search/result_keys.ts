// The keys of a field with results below it: the arrows go through them, Enter chooses, Esc leaves.
import { computed, nextTick, ref, type ShallowRef, useTemplateRef, watch } from "vue";
import type { Found } from "../../src/shared/api/model";
import type { Search } from "./search";

/** The list of results has the `ref` "list" in the template; `at` is the place of the one that Enter chooses. */
export function use_result_keys(
  { search, run }: { search: ShallowRef<Search>; run: () => Promise<void> },
  { choose, leave }: { choose: (one: Found) => void; leave: () => void },
) {
  const list = useTemplateRef<HTMLElement>("list");
  const results = computed(() => search.value.results);
  const at = ref(0);
  /** Enter came before the answer: the first result is chosen as soon as it is there. */
  let enter_waits = false;

  watch(search, ({ stage }) => {
    if (stage !== "found") return;
    at.value = 0;
    const [first] = results.value;
    if (enter_waits && first) choose(first);
    enter_waits = false;
  });

  function enter(): void {
    if (search.value.stage === "searching") enter_waits = true;
    else if (search.value.stage === "failed") void run();
    else {
      const one = results.value[at.value];
      if (one) choose(one);
    }
  }

  function by_key(event: KeyboardEvent): void {
    // While a Chinese word is being composed, Enter and the arrows belong to it.
    if (event.isComposing) return;
    const last = Math.max(0, results.value.length - 1);
    if (event.key === "ArrowDown") at.value = Math.min(at.value + 1, last);
    else if (event.key === "ArrowUp") at.value = Math.max(at.value - 1, 0);
    else if (event.key === "Enter") enter();
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
    // Nor does Esc close what stands beside it as well.
    event.stopPropagation();
    void nextTick(() =>
      list.value?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }),
    );
  }

  return { results, at, by_key };
}
