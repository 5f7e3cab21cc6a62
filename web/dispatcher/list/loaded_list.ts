// A list that nobody follows live: loaded when the desk opens, at each sign-in, and again every so often.
import { onMounted, onUnmounted, ref, shallowRef, watch } from "vue";
import { error_words } from "../../src/shared/api/error_words";
import type { Session } from "../../src/shared/api/session";

/** `problem` says what went wrong last; `order` does something to the list, and loads it anew. */
export function use_loaded_list<List>(
  session: Session,
  every_ms: number,
  empty: List,
  ask: () => Promise<List>,
) {
  const found = shallowRef(empty);
  const problem = ref("");
  let timer: ReturnType<typeof setInterval>;

  async function attempt(what: () => Promise<void>): Promise<void> {
    try {
      await what();
    } catch (error) {
      if (!session.notice(error)) problem.value = error_words(error);
    }
  }

  async function load(): Promise<void> {
    if (session.state !== "signed_in") return;
    found.value = await ask();
    problem.value = "";
  }

  const look = (): void => void attempt(load);
  const order = (what: () => Promise<unknown>): Promise<void> =>
    attempt(async () => {
      await what();
      await load();
    });

  onMounted(() => {
    look();
    timer = setInterval(look, every_ms);
  });
  onUnmounted(() => clearInterval(timer));
  watch(() => session.state, look);
  return { found, problem, order };
}
