// Devices that do not stand as they normally do, since a step moved them, and where those and the tagged ones are.
import { ref, shallowReactive, shallowRef } from "vue";
import { Refusal } from "../../src/shared/api/errors";
import type { Change, Device } from "../../src/shared/api/model";
import { ask } from "../../src/shared/api/request";
import type { SwitchedDevice, SwitchingState, TemporaryPlace } from "../../src/shared/api/switching_model";

const GATHER_MS = 300;
const TRY_AGAIN_MS = 5_000;

/** Changes that move a device: a step, or telemetry of one in a ring. */
const MOVING = new Set(["switching.executed", "switch.position_told"]);

export class SwitchedDevices {
  /** Those that stand otherwise than normally, by id. */
  readonly all = shallowRef<readonly SwitchedDevice[]>([]);
  /** Cuts, jumpers and generators that are there now, and how many customers have supply by them alone. */
  readonly temporary = shallowRef<readonly TemporaryPlace[]>([]);
  readonly customers_supplied = ref(0);
  /** Devices of which a place was asked for; null where the network in force does not have one. */
  readonly known = shallowReactive(new Map<string, Device | null>());
  private timer: ReturnType<typeof setTimeout> | undefined;
  private is_stopped = false;
  private readonly asked = new Set<string>();

  /** `ends` says whether an error ends the sign-in, so that asking again is of no use. */
  constructor(private readonly ends: (error: unknown) => boolean) {}

  stop(): void {
    this.is_stopped = true;
    clearTimeout(this.timer);
  }

  look(after_ms = 0): void {
    if (this.is_stopped) return;
    this.timer ??= setTimeout(() => void this.ask(), after_ms);
  }

  heed(changes: readonly Change[]): void {
    if (changes.some(({ name }) => name === "network.activated")) {
      this.known.clear();
      this.asked.clear();
      this.look();
    } else if (changes.some(({ name }) => MOVING.has(name))) this.look(GATHER_MS);
  }

  /** Ask where devices are, each once. */
  async locate(ids: Iterable<string>): Promise<void> {
    for (const id of ids) {
      if (this.asked.has(id) || this.is_stopped) continue;
      this.asked.add(id);
      try {
        this.known.set(id, await ask<Device>(`/api/network/devices/${encodeURIComponent(id)}`));
      } catch (error) {
        // Without a place it stands in the lists, which say more; one that is not known is asked for once.
        if (error instanceof Refusal && error.status === 404) this.known.set(id, null);
        else this.asked.delete(id);
      }
    }
  }

  private async ask(): Promise<void> {
    this.timer = undefined;
    try {
      const { devices, temporary, customers_supplied } = await ask<SwitchingState>("/api/switching/state");
      this.temporary.value = temporary;
      this.customers_supplied.value = customers_supplied;
      this.all.value = devices.filter(({ is_normal }) => !is_normal);
      await this.locate(this.all.value.map(({ device }) => device));
    } catch (error) {
      if (!this.ends(error)) this.look(TRY_AGAIN_MS);
    }
  }
}
