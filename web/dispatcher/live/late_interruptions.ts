// Who is out, to the household: most of what a desk knows, and drawn only near by. Asked for once the first view is
// there; what changes until it is told is kept.
import type { Change } from "../../src/shared/api/model";
import { ask } from "../../src/shared/api/request";
import { type Interruptions, type Known, take_interruptions } from "./replay";

export class LateInterruptions {
  private kept: Change[] = [];

  constructor(private readonly known: Known) {}

  /** Whether they were not told since the last snapshot. */
  get are_missing(): boolean {
    return this.known.interruptions_at === Number.POSITIVE_INFINITY;
  }

  /** A snapshot was taken: what was kept for the one before is of no use. */
  begin(): void {
    this.kept = [];
  }

  heed(changes: readonly Change[]): void {
    if (this.are_missing) this.kept.push(...changes.filter(({ data }) => data.interruptions));
  }

  /** Ask for them; throws what `ask` throws. An answer that a newer snapshot overtook is let go. */
  async load(): Promise<void> {
    const kept = this.kept;
    const told = await ask<Interruptions>("/api/snapshot/interruptions");
    if (kept !== this.kept) return;
    take_interruptions(this.known, told, kept);
    this.kept = [];
  }
}
