// The trace that the desk looks at: from which device, which way, in which state, and what was found.
import { computed, shallowRef } from "vue";
import { ask } from "../../src/shared/api/request";
import type { NetworkTrace, TraceDirection, TracedState } from "../../src/shared/api/trace_model";
import type { Desk } from "../live/desk";

interface Asked {
  device: string;
  direction: TraceDirection;
  state: TracedState;
}

/** What a trace can start from: the device or household that was clicked or searched for, else the chosen outage's. */
export function traceable(desk: Desk): string | null {
  const found = desk.found.value;
  if (found && (found.kind === "device" || found.kind === "service_point")) return found.id;
  return desk.known.outages.get(desk.selected_id.value ?? "")?.device ?? null;
}

/** `ends` says whether an error ends the sign-in. */
export function use_tracing(desk: Desk, ends: (error: unknown) => boolean) {
  const asked = shallowRef<Asked | null>(null);
  const found = shallowRef<NetworkTrace | null>(null);
  const problem = shallowRef<unknown>(null);

  async function look(): Promise<void> {
    const wanted = asked.value;
    if (!wanted) return;
    try {
      const query = new URLSearchParams({ direction: wanted.direction, state: wanted.state });
      const answer = await ask<NetworkTrace>(
        `/api/network/traces/${encodeURIComponent(wanted.device)}?${query}`,
      );
      // Somebody who clicks faster than it is answered sees the last of them.
      if (asked.value !== wanted) return;
      found.value = answer;
      problem.value = null;
    } catch (error) {
      if (asked.value !== wanted || ends(error)) return;
      found.value = null;
      problem.value = error;
    }
  }

  function trace(device: string, direction: TraceDirection, state?: TracedState): void {
    asked.value = { device, direction, state: state ?? asked.value?.state ?? "now" };
    void look();
  }

  function leave(): void {
    asked.value = null;
    found.value = null;
    problem.value = null;
  }

  return { asked, found, problem, from: computed(() => traceable(desk)), look, trace, leave };
}

export type Tracing = ReturnType<typeof use_tracing>;
