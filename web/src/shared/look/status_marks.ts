// One shape for each status of an outage, in a square of 24 by 24: seen without colour, drawn on page and map.
import type { OutageStatus } from "../api/model";

export interface StatusMark {
  /** The outline, as an SVG path. */
  outline: string;
  /** Whether the outline is filled. */
  filled: boolean;
  /** Whether the outline is broken, for what is not certain. */
  dashed: boolean;
  /** What is drawn inside it, as an SVG path; strokes only. */
  inside: string;
  /** The part of the outline that is filled where it is not wholly so. */
  part: string;
}

const DIAMOND = "M12 1.5 22.5 12 12 22.5 1.5 12Z";
const CIRCLE = "M12 2a10 10 0 1 1 0 20 10 10 0 1 1 0-20Z";
const HALF = "M12 2a10 10 0 0 1 0 20Z";
const SQUARE = "M4 4h16v16H4Z";
const BOLT = "M13.5 5.5 8.5 13h3.6l-1.6 5.5 5-7.5h-3.6Z";
const QUESTION = "M9.4 9.6a2.7 2.7 0 1 1 3.9 2.4c-.9.5-1.3 1-1.3 2v.3M12 17v.2";
const TICK = "M7.5 12.5l3 3 6-6.5";
const CROSS = "M8.5 8.5l7 7M15.5 8.5l-7 7";
const ARROW = "M7 12h9M12.5 8l4 4-4 4";

function mark(outline: string, inside: string, more: Partial<StatusMark> = {}): StatusMark {
  return { outline, inside, filled: false, dashed: false, part: "", ...more };
}

export const status_marks: Record<OutageStatus, StatusMark> = {
  predicted: mark(DIAMOND, QUESTION, { dashed: true }),
  confirmed: mark(CIRCLE, BOLT, { filled: true }),
  partially_restored: mark(CIRCLE, "", { part: HALF }),
  restored: mark(CIRCLE, TICK),
  closed: mark(SQUARE, TICK),
  dismissed: mark(CIRCLE, CROSS),
  merged: mark(SQUARE, ARROW),
};

/** The name of the colour of a status in look/tokens.css. */
export function status_colour(status: OutageStatus): string {
  return status === "closed" || status === "dismissed" || status === "merged" ? "ended" : status;
}
