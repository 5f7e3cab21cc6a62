// The way from the source to a household as people read it: line sections between two devices are one word.
import type { PathDevice } from "../../src/shared/api/caller_model";

const LINES = new Set(["overhead", "underground"]);

export interface PathPart {
  /** The device; null for line sections between two devices. */
  device: PathDevice | null;
  /** How many line sections it stands for. */
  sections: number;
}

/** Join line sections that follow each other; one that an outage is at, or that stands open, stands alone. */
export function path_parts(path: readonly PathDevice[]): PathPart[] {
  const parts: PathPart[] = [];
  for (const device of path) {
    const is_plain = LINES.has(device.kind) && !device.outage_id && !device.is_switched_open;
    const last = parts.at(-1);
    if (!is_plain) parts.push({ device, sections: 0 });
    else if (last && last.device === null) last.sections += 1;
    else parts.push({ device: null, sections: 1 });
  }
  return parts;
}

/** Where supply ends on the way: the first device that is open or thought to be; -1 where it does not. */
export function broken_at(parts: readonly PathPart[]): number {
  return parts.findIndex(
    ({ device }) => device !== null && (device.is_switched_open || device.outage_id !== null),
  );
}
