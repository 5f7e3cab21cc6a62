// Which service points and devices the map shows as out: one feature state each, set and taken back by outage.
import type { Map as MapLibreMap } from "maplibre-gl";
import { layer_of, NETWORK } from "../../src/shared/map/network_style";
import { is_out } from "../live/decisions";
import type { Interruption, Known, LoggedOutage } from "../live/replay";

type Own = ReadonlyMap<string, Interruption>;

interface Painted {
  out: "predicted" | "confirmed";
  /** What the log told of its households; another map where it told more. */
  own: Own;
  service_points: string[];
  device: string;
  device_kind: string;
}

const NOBODY: Own = new Map();

export class Households {
  private readonly painted = new Map<string, Painted>();

  constructor(
    private readonly map: MapLibreMap,
    private readonly known: Known,
  ) {}

  /** Paint anew what belongs to these outages. Takes back first: a household may have gone over to another one. */
  paint(outage_ids: Iterable<string>): void {
    const ids = [...outage_ids].filter((id) => !this.is_as_painted(id));
    for (const id of ids) this.take_back(id);
    for (const id of ids) this.paint_one(id);
  }

  /** The style was loaded anew, and all feature state went with the old one. */
  paint_all(): void {
    this.painted.clear();
    this.paint(this.known.outages.keys());
  }

  /** Most changes of an outage, such as another time of its end, change nothing here. */
  private is_as_painted(outage_id: string): boolean {
    const painted = this.painted.get(outage_id);
    const outage = this.known.outages.get(outage_id);
    if (!outage || !is_out(outage.status)) return !painted;
    return (
      painted?.out === out_by(outage) &&
      painted.device === outage.device &&
      painted.own === (this.known.interruptions.get(outage_id) ?? NOBODY)
    );
  }

  private take_back(outage_id: string): void {
    const before = this.painted.get(outage_id);
    if (!before) return;
    this.painted.delete(outage_id);
    for (const id of before.service_points) {
      this.map.removeFeatureState({ source: NETWORK, sourceLayer: "service_point", id }, "out");
    }
    this.map.removeFeatureState(
      { source: NETWORK, sourceLayer: layer_of(before.device_kind), id: before.device },
      "blamed",
    );
  }

  private paint_one(outage_id: string): void {
    const outage = this.known.outages.get(outage_id);
    if (!outage || !is_out(outage.status)) return;
    const out = out_by(outage);
    const own = this.known.interruptions.get(outage_id) ?? NOBODY;
    const service_points: string[] = [];
    for (const [id, interruption] of own) {
      if (interruption.ended_at !== null) continue;
      service_points.push(id);
      this.map.setFeatureState({ source: NETWORK, sourceLayer: "service_point", id }, { out });
    }
    const { device, device_kind } = outage;
    const sourceLayer = layer_of(device_kind);
    this.map.setFeatureState({ source: NETWORK, sourceLayer, id: device }, { blamed: out });
    this.painted.set(outage_id, { out, own, service_points, device, device_kind });
  }
}

function out_by({ status }: LoggedOutage): Painted["out"] {
  return status === "predicted" ? "predicted" : "confirmed";
}
