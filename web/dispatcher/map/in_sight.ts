// Something that is told of what the map shows: asked for when the map moved or something changed, and every now and then,
// since not all that alters it is a change that the desk follows. One question at a time.
import type { Map as MapLibreMap } from "maplibre-gl";
import { type ShallowRef, shallowRef } from "vue";
import { ask } from "../../src/shared/api/request";

const GATHER_MS = 400;
/** While changes keep coming, so long from one answer to the next question. */
const REST_MS = 3_000;
const AGAIN_MS = 10_000;

export class InSight<Answer> {
  readonly told: ShallowRef<Answer>;
  private answered_at = Number.NEGATIVE_INFINITY;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private again: ReturnType<typeof setInterval> | undefined;
  private is_asking = false;
  private is_stopped = true;
  /** Something was wanted while a question was under way. */
  private is_wanted = false;

  /**
   * `address` is where to ask now, without what is in sight; null while nothing is wanted, as `nothing` tells then.
   * `ends` says whether an error ends the sign-in, so that asking again is of no use.
   */
  constructor(
    private readonly map: MapLibreMap,
    private readonly address: () => string | null,
    private readonly nothing: Answer,
    private readonly ends: (error: unknown) => boolean,
  ) {
    this.told = shallowRef(nothing);
    map.on("moveend", this.look_again);
  }

  start(): void {
    this.is_stopped = false;
    this.again ??= setInterval(this.look_again, AGAIN_MS);
    this.look(0);
  }

  stop(): void {
    this.is_stopped = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    clearInterval(this.again);
    this.again = undefined;
  }

  /** The map is gone. */
  leave(): void {
    this.stop();
    this.map.off("moveend", this.look_again);
  }

  readonly look_again = (): void => this.look();

  /** Soon; at once where a person chose something. */
  look(after_ms = GATHER_MS): void {
    if (this.is_stopped) return;
    if (this.is_asking) {
      this.is_wanted = true;
      return;
    }
    if (after_ms === 0) {
      clearTimeout(this.timer);
      this.timer = undefined;
    }
    const rest_ms = after_ms && this.answered_at + REST_MS - performance.now();
    this.timer ??= setTimeout(() => void this.ask(), Math.max(after_ms, rest_ms));
  }

  private async ask(): Promise<void> {
    this.timer = undefined;
    const address = this.address();
    if (address === null) {
      if (this.told.value !== this.nothing) this.told.value = this.nothing;
      return;
    }
    this.is_asking = true;
    try {
      const told = await ask<Answer>(`${address}${address.includes("?") ? "&" : "?"}${this.sight()}`);
      if (!this.is_stopped) this.told.value = told;
    } catch (error) {
      if (this.ends(error)) this.stop();
    } finally {
      this.is_asking = false;
      this.answered_at = performance.now();
      if (this.is_wanted) {
        this.is_wanted = false;
        this.look(address === this.address() ? GATHER_MS : 0);
      }
    }
  }

  private sight(): URLSearchParams {
    const bounds = this.map.getBounds();
    return new URLSearchParams({
      west: Math.max(-180, bounds.getWest()).toFixed(5),
      south: Math.max(-90, bounds.getSouth()).toFixed(5),
      east: Math.min(180, bounds.getEast()).toFixed(5),
      north: Math.min(90, bounds.getNorth()).toFixed(5),
    });
  }
}
