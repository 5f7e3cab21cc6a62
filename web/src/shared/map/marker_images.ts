// Marks for the map drawn on a canvas, so that thousands of them are drawn by the graphics card, with letters of
// the machine's own fonts: the map needs no glyph files from anywhere.
import type { OutageStatus } from "../api/model";
import { status_marks } from "../look/status_marks";
import { colour_of, type Palette } from "./palette";

export const PIXEL_RATIO = 2;
const FONT = 'system-ui, "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';

export interface OutageMark {
  status: OutageStatus;
  customers: number;
  has_crew: boolean;
}

export interface CrewMark {
  name: string;
  state: string;
  /** Nothing has been heard of it for long. */
  stale: boolean;
  at_work: boolean;
}

/** "7", "480", "1.2k", "36k". */
export function short_number(count: number): string {
  if (count < 1000) return String(count);
  const thousands = count / 1000;
  return `${thousands < 10 ? thousands.toFixed(1) : Math.round(thousands)}k`;
}

/** Draw an outage: the mark of its status, larger for more customers, with their number inside. */
export function outage_image({ status, customers, has_crew }: OutageMark, palette: Palette): ImageData {
  const label = short_number(customers);
  const radius = 11 + Math.min(4, Math.floor(Math.log10(Math.max(1, customers)))) * 3;
  const side = radius * 2 + 8;
  const context = canvas(side, side);
  const mark = status_marks[status];
  const colour = colour_of(palette, status);
  context.save();
  context.translate(side / 2 - radius, side / 2 - radius);
  context.scale(radius / 12, radius / 12);
  const outline = new Path2D(mark.outline);
  context.fillStyle = mark.filled ? colour : palette.label_ground;
  context.fill(outline);
  if (mark.part) {
    context.globalAlpha = 0.45;
    context.fillStyle = colour;
    context.fill(new Path2D(mark.part));
    context.globalAlpha = 1;
  }
  context.strokeStyle = palette.ground;
  context.lineWidth = 4;
  context.stroke(outline);
  context.strokeStyle = colour;
  context.lineWidth = 2.2;
  if (mark.dashed) context.setLineDash([4, 2.2]);
  context.stroke(outline);
  context.restore();
  context.font = `600 ${label.length > 3 ? 10 : 11}px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = mark.filled ? palette.ground : palette.text;
  context.fillText(label, side / 2, side / 2 + 0.5);
  if (has_crew) draw_crew_badge(context, side / 2 + radius * 0.75, side / 2 - radius * 0.75, palette);
  return pixels(context);
}

function draw_crew_badge(context: CanvasRenderingContext2D, x: number, y: number, palette: Palette): void {
  context.beginPath();
  context.rect(x - 4, y - 4, 8, 8);
  context.fillStyle = palette.crew;
  context.strokeStyle = palette.ground;
  context.lineWidth = 1.5;
  context.fill();
  context.stroke();
}

/** Draw a crew: a square (full when at work), with its name and state beside it. */
export function crew_image({ name, state, stale, at_work }: CrewMark, palette: Palette): ImageData {
  const measure = canvas(1, 1);
  measure.font = `600 11px ${FONT}`;
  const name_width = measure.measureText(name).width;
  measure.font = `11px ${FONT}`;
  const state_width = measure.measureText(state).width;
  const width = 26 + Math.ceil(Math.max(name_width, state_width)) + 8;
  const context = canvas(width, 34);
  context.globalAlpha = stale ? 0.6 : 1;
  context.fillStyle = palette.label_ground;
  context.beginPath();
  context.roundRect(9, 1, width - 10, 32, 5);
  context.fill();
  context.beginPath();
  context.rect(3, 10, 14, 14);
  context.fillStyle = at_work ? palette.crew : palette.ground;
  context.fill();
  context.strokeStyle = palette.crew;
  context.lineWidth = 2.5;
  if (stale) context.setLineDash([3, 2]);
  context.stroke();
  context.setLineDash([]);
  context.textBaseline = "middle";
  context.fillStyle = palette.text;
  context.font = `600 11px ${FONT}`;
  context.fillText(name, 23, 10.5);
  context.font = `11px ${FONT}`;
  context.fillText(state, 23, 24.5);
  return pixels(context);
}

/** Draw a danger to people: a triangle with an exclamation mark, red where it is imminent. */
export function hazard_image(level: number, palette: Palette): ImageData {
  const context = canvas(26, 24);
  context.beginPath();
  context.moveTo(13, 2);
  context.lineTo(24, 22);
  context.lineTo(2, 22);
  context.closePath();
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = level === 1 ? palette.out_confirmed : palette.out_predicted;
  context.fillStyle = palette.label_ground;
  context.stroke();
  context.fill();
  context.fillStyle = palette.text;
  context.font = `700 14px ${FONT}`;
  context.textAlign = "center";
  context.fillText("!", 13, 20);
  return pixels(context);
}

export interface CallLook {
  kind: "hazard" | "out" | "partial";
  is_fresh: boolean;
  words: string;
}

const CALL_SIGNS: Record<CallLook["kind"], string> = { hazard: "!", out: "", partial: "½" };

/** Draw a call: a speech bubble over where it came from, full while it is fresh, with a sign for what was told. */
export function call_image({ kind, is_fresh, words }: CallLook, palette: Palette): ImageData {
  const label = `${CALL_SIGNS[kind]} ${words}`.trim();
  const measure = canvas(1, 1);
  measure.font = `600 11px ${FONT}`;
  const width = Math.ceil(measure.measureText(label).width) + 14;
  const context = canvas(width, 25);
  const middle = width / 2;
  const colour = kind === "hazard" ? palette.out_confirmed : palette.text;
  context.beginPath();
  context.roundRect(1.5, 1.5, width - 3, 16, 5);
  context.moveTo(middle - 4, 17);
  context.lineTo(middle, 23);
  context.lineTo(middle + 4, 17);
  context.lineWidth = 2;
  context.lineJoin = "round";
  context.strokeStyle = colour;
  context.stroke();
  context.fillStyle = is_fresh ? colour : palette.label_ground;
  context.fill();
  context.font = `600 11px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = is_fresh ? palette.ground : palette.text;
  context.fillText(label, middle, 10);
  return pixels(context);
}

export type SwitchLook = "open" | "closed" | "tagged" | "tagged_open" | "tagged_closed";

/** Draw a switch that stands otherwise than normally (its blade open or closed), or one that bears a tag, or both. */
export function switch_image(look: SwitchLook, palette: Palette): ImageData {
  const context = canvas(26, 32);
  const colour = palette.status.partially_restored ?? palette.text;
  context.lineWidth = 2.5;
  if (look !== "tagged") {
    context.fillStyle = palette.label_ground;
    context.strokeStyle = colour;
    context.beginPath();
    context.roundRect(5, 8, 16, 16, 3);
    context.fill();
    context.stroke();
    context.beginPath();
    const is_open = look.endsWith("open");
    context.moveTo(8, is_open ? 20 : 16);
    context.lineTo(18, is_open ? 12 : 16);
    context.stroke();
  }
  if (look.startsWith("tagged")) {
    // A tag hangs above, so that it leaves the switch in sight.
    context.fillStyle = palette.label_ground;
    context.strokeStyle = palette.out_predicted;
    context.beginPath();
    context.roundRect(3, 1, 20, 9, 2);
    context.fill();
    context.stroke();
    context.beginPath();
    context.moveTo(7, 5.5);
    context.lineTo(19, 5.5);
    context.stroke();
  }
  return pixels(context);
}

/** Draw planned work: a calendar sheet, full while it is under way, hollow while it is to come. */
export function planned_image(is_under_way: boolean, palette: Palette): ImageData {
  const context = canvas(22, 22);
  const colour = palette.selection;
  context.fillStyle = is_under_way ? colour : palette.label_ground;
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  context.roundRect(3, 5, 16, 14, 2);
  context.fill();
  context.stroke();
  context.beginPath();
  for (const x of [7, 15]) {
    context.moveTo(x, 2);
    context.lineTo(x, 7);
  }
  context.stroke();
  context.strokeStyle = is_under_way ? palette.label_ground : colour;
  context.beginPath();
  context.moveTo(6, 11);
  context.lineTo(16, 11);
  context.stroke();
  return pixels(context);
}

export const temporary_looks = ["cut", "lay_jumper", "run_generator"] as const;
export type TemporaryLook = (typeof temporary_looks)[number];

/** Draw what is there for the time being: a G for a generator, a bow for a jumper's end, scissors' cross for a cut. */
export function temporary_image(look: TemporaryLook, palette: Palette): ImageData {
  const context = canvas(26, 26);
  const colour = palette.status.partially_restored ?? palette.text;
  context.fillStyle = palette.label_ground;
  context.strokeStyle = colour;
  context.lineWidth = 2.5;
  context.beginPath();
  context.arc(13, 13, 10, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
  context.beginPath();
  if (look === "run_generator") {
    context.fillStyle = colour;
    context.font = "bold 13px sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText("G", 13, 13.5);
  } else if (look === "lay_jumper") {
    context.arc(13, 16, 5.5, Math.PI, 2 * Math.PI);
  } else {
    for (const [from, to] of [
      [8, 18],
      [18, 8],
    ] as const) {
      context.moveTo(from, 8);
      context.lineTo(to, 18);
    }
  }
  context.stroke();
  return pixels(context);
}

function canvas(width: number, height: number): CanvasRenderingContext2D {
  const element = document.createElement("canvas");
  element.width = Math.ceil(width * PIXEL_RATIO);
  element.height = Math.ceil(height * PIXEL_RATIO);
  const context = element.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser has no canvas to draw marks on.");
  context.scale(PIXEL_RATIO, PIXEL_RATIO);
  return context;
}

function pixels(context: CanvasRenderingContext2D): ImageData {
  return context.getImageData(0, 0, context.canvas.width, context.canvas.height);
}
