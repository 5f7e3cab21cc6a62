// Which outages of the list are marked, for one action on all of them. A mark is by id: it stays whatever the order.
import { computed, type Ref, shallowRef, watch } from "vue";

export function use_marking(listed: Readonly<Ref<readonly string[]>>) {
  const marked = shallowRef<ReadonlySet<string>>(new Set());
  /** Where a range begins. */
  let from: string | null = null;

  // What left the list, because it is over or filtered away, is acted on by nobody who does not see it.
  watch(listed, (ids) => {
    if (marked.value.size === 0) return;
    const here = new Set(ids);
    const left = [...marked.value].filter((id) => here.has(id));
    if (left.length < marked.value.size) marked.value = new Set(left);
  });

  function toggle(id: string): void {
    const next = new Set(marked.value);
    if (!next.delete(id)) next.add(id);
    marked.value = next;
    from = id;
  }

  /** Mark everything from where the last mark was set, in the order of the list. */
  function extend_to(id: string): void {
    const ids = listed.value;
    const [start, stop] = [ids.indexOf(from ?? id), ids.indexOf(id)];
    if (stop < 0) return;
    const [first, last] = start < 0 ? [stop, stop] : [Math.min(start, stop), Math.max(start, stop)];
    marked.value = new Set([...marked.value, ...ids.slice(first, last + 1)]);
    from ??= id;
  }

  /** Mark all of these; where all are marked already, none. */
  function toggle_all(ids: readonly string[]): void {
    const next = new Set(marked.value);
    const is_whole = ids.every((id) => next.has(id));
    for (const id of ids) {
      if (is_whole) next.delete(id);
      else next.add(id);
    }
    marked.value = next;
  }

  function unmark(ids: Iterable<string>): void {
    const next = new Set(marked.value);
    for (const id of ids) next.delete(id);
    marked.value = next;
  }

  function clear(): void {
    marked.value = new Set();
    from = null;
  }

  return {
    marked,
    count: computed(() => marked.value.size),
    toggle,
    begin_at: (id: string | null) => {
      from = id;
    },
    extend_to,
    toggle_all,
    unmark,
    clear,
  };
}

export type Marking = ReturnType<typeof use_marking>;
