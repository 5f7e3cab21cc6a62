// The tail of the change log, kept open: resumes after the last position seen, gathers changes that come close
// together, and says at any moment whether what the page shows is live.
import { reactive } from "vue";
import { SignInNeeded } from "../api/errors";
import type { Change } from "../api/model";
import { read_events } from "./event_source";

/** Changes are applied together at most four times a second, however many come. */
const GATHER_MS = 250;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

export interface ChangeStreamState {
  state: "connecting" | "live" | "lost" | "ended";
  /** Real time in milliseconds at which the connection was lost. */
  lost_at: number | null;
}

export interface ChangeReader {
  apply: (changes: Change[]) => void;
  /** The position is not of this database: load everything anew, and return the position to go on from. */
  reload: () => Promise<number>;
  sign_in_ended: (error: unknown) => void;
}

export class ChangeStream {
  readonly connection: ChangeStreamState = reactive({ state: "connecting", lost_at: null });
  private gathered: Change[] = [];
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private stopped = new AbortController();
  private wants_reload = false;

  constructor(
    private position: number,
    private readonly reader: ChangeReader,
  ) {
    void this.run(this.stopped.signal);
  }

  stop(): void {
    this.stopped.abort();
    this.deliver();
    this.connection.state = "ended";
  }

  /** Where the next connection would go on from. */
  get last_position(): number {
    return this.position;
  }

  private async run(signal: AbortSignal): Promise<void> {
    let wait_ms = FIRST_WAIT_MS;
    while (!signal.aborted) {
      try {
        if (this.wants_reload) await this.start_anew();
        await this.read_once(signal, () => {
          wait_ms = FIRST_WAIT_MS;
        });
      } catch (error) {
        if (error instanceof SignInNeeded) {
          this.stop();
          this.reader.sign_in_ended(error);
          return;
        }
      }
      if (signal.aborted) return;
      this.note_lost();
      await pause(wait_ms, signal);
      wait_ms = Math.min(wait_ms * 2, LONGEST_WAIT_MS);
    }
  }

  private async read_once(signal: AbortSignal, on_open: () => void): Promise<void> {
    const broken = new AbortController();
    await read_events(
      `/api/changes/stream?after=${this.position}`,
      () => {
        on_open();
        this.connection.state = "live";
        this.connection.lost_at = null;
      },
      ({ event, data }) => {
        if (event === "reload") {
          this.wants_reload = true;
          broken.abort();
        } else if (!event || event === "message") this.gather(JSON.parse(data) as Change);
      },
      AbortSignal.any([signal, broken.signal]),
    );
  }

  private async start_anew(): Promise<void> {
    this.position = await this.reader.reload();
    this.wants_reload = false;
  }

  private note_lost(): void {
    this.connection.state = "lost";
    this.connection.lost_at ??= Date.now();
  }

  private gather(change: Change): void {
    if (change.position <= this.position) return;
    this.position = change.position;
    this.gathered.push(change);
    this.gathering ??= setTimeout(() => this.deliver(), GATHER_MS);
  }

  private deliver(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    const changes = this.gathered;
    this.gathered = [];
    if (changes.length > 0) this.reader.apply(changes);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = (): void => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    // Back on the air, or back on screen: do not wait out a long pause.
    for (const event of ["online", "focus"]) window.addEventListener(event, end, { signal: over.signal });
    signal.addEventListener("abort", end, { signal: over.signal });
  });
}
