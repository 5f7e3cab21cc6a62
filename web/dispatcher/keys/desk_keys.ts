// Keys of the desk: they count while nobody writes, and with Ctrl, Alt or ⌘ they belong to the browser.
import { onMounted, onUnmounted, useTemplateRef } from "vue";

const WRITTEN_IN = "input, select, textarea, [role=dialog], dialog";

/** Listen while this part of the desk is there; `take` says whether the key was one of its own. */
export function use_desk_keys(take: (key: string) => boolean): void {
  function by_key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if ((event.target as HTMLElement).closest(WRITTEN_IN)) return;
    if (take(event.key)) event.preventDefault();
  }
  onMounted(() => window.addEventListener("keydown", by_key));
  onUnmounted(() => window.removeEventListener("keydown", by_key));
}

/** Let a letter fold a list in and out: the `details` that has this `ref` in the template. */
export function use_folding_key(letter: string, name: string): void {
  const box = useTemplateRef<HTMLDetailsElement>(name);
  use_desk_keys((key) => {
    if (key.toLowerCase() !== letter || !box.value) return false;
    box.value.open = !box.value.open;
    box.value.querySelector("summary")?.focus();
    return true;
  });
}
