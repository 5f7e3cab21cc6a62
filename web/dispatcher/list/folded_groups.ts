// Which groups of the list are folded away, by grouping; kept over a reload.
import { type Ref, ref } from "vue";
import { keep, kept } from "../../src/shared/kept";
import type { Group, Grouping } from "./groups";

/** Feeders come and go: only so many are remembered, the last ones folded. */
const MOST_KEPT = 200;

export function use_folded_groups(grouping: Readonly<Ref<Grouping>>) {
  const folded = ref(new Set(read()));
  const name_of = ({ key }: Group): string => `${grouping.value}:${key}`;

  function turn_fold(group: Group): void {
    const next = new Set(folded.value);
    if (!next.delete(name_of(group))) next.add(name_of(group));
    folded.value = next;
    keep("desk.folded", JSON.stringify([...next].slice(-MOST_KEPT)));
  }

  return { is_folded: (group: Group): boolean => folded.value.has(name_of(group)), turn_fold };
}

function read(): string[] {
  try {
    const names: unknown = JSON.parse(kept("desk.folded") ?? "[]");
    return Array.isArray(names) ? names.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}
