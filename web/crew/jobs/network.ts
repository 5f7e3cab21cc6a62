// The network in force, for the small map; without it the words still say where.
import { onUnmounted, type ShallowRef, shallowRef } from "vue";
import type { NetworkInForce } from "../../src/shared/api/model";
import { ask } from "../../src/shared/api/request";

const TRY_AGAIN_MS = 10_000;

export function use_network(): ShallowRef<NetworkInForce | null> {
  const network = shallowRef<NetworkInForce | null>(null);
  let timer: ReturnType<typeof setTimeout>;

  async function look(): Promise<void> {
    try {
      network.value = await ask<NetworkInForce>("/api/network");
    } catch {
      timer = setTimeout(look, TRY_AGAIN_MS);
    }
  }

  void look();
  onUnmounted(() => clearTimeout(timer));
  return network;
}
