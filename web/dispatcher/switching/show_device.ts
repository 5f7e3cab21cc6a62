// A device is looked at: the map goes there, and its card says what it feeds.
import type { Device } from "../../src/shared/api/model";
import { ask } from "../../src/shared/api/request";
import type { TemporaryPlace } from "../../src/shared/api/switching_model";
import type { Desk } from "../live/desk";

export async function show_device(desk: Desk, id: string): Promise<void> {
  const known = desk.switched.known.get(id);
  const device =
    known ?? (await ask<Device>(`/api/network/devices/${encodeURIComponent(id)}`).catch(() => null));
  desk.found.value = {
    kind: "device",
    id,
    title: id,
    account: null,
    matched: "id",
    customers: device?.customers ?? null,
    lon: device?.lon ?? null,
    lat: device?.lat ?? null,
  };
}

/** Something temporary is looked at: the map goes there. */
export function show_place(desk: Desk, { name, device, node, lon, lat }: TemporaryPlace): void {
  const title = `${name}: ${device ?? node}`;
  desk.found.value = {
    kind: "device",
    id: device ?? name,
    title,
    account: null,
    matched: "id",
    customers: null,
    lon,
    lat,
  };
}
