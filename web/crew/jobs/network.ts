// The network in force, for the small map; without it the words still say where. The last one known is kept.
import { onUnmounted, type ShallowRef, shallowRef } from "vue";
import type { NetworkInForce } from "../../src/shared/api/model";
import { ask } from "../../src/shared/api/request";
import type { ReportStore } from "../outbox/report_store";

const TRY_AGAIN_MS = 10_000;
const KEY = "network";

export function use_network(store: ReportStore): ShallowRef<NetworkInForce | null> {
  const network = shallowRef<NetworkInForce | null>(null);
  let timer: ReturnType<typeof setTimeout>;

  async function look(): Promise<void> {
    try {
      const told = await ask<NetworkInForce>("/api/network");
      // A map that is drawn already is not drawn anew for the same network.
      if (told.network_version !== network.value?.network_version) network.value = told;
      await store.take_along(KEY, told);
    } catch {
      network.value ??= (await store.taken_along<NetworkInForce>(KEY)) ?? null;
      timer = setTimeout(look, TRY_AGAIN_MS);
    }
  }

  // At once from the phone: over a weak line an answer takes its time.
  void store.taken_along<NetworkInForce>(KEY).then((kept) => {
    if (kept) network.value ??= kept;
  });
  void look();
  onUnmounted(() => clearTimeout(timer));
  return network;
}
