// A stream of server-sent events kept open: it comes back by itself, from where it was left, and says at any moment
// whether what the page shows is live.
import type { EventSourceMessage } from "eventsource-parser";
import { reactive } from "vue";
import { SignInNeeded } from "../api/errors";
import { read_events } from "./event_source";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

export interface Connection {
  state: "connecting" | "live" | "lost" | "ended";
  /** Real time in milliseconds at which the connection was lost. */
  lost_at: number | null;
}

export interface StreamReader {
  /** Where to go on, asked at each new connection. */
  address: () => string;
  take: (event: EventSourceMessage) => void;
  /** What was seen last is not of this database, or too old: load everything anew. */
  reload: () => Promise<void>;
  /** The server answers, for the first time or again. */
  live?: () => void;
  /** The connection broke or was refused; it is tried again. */
  lost?: () => void;
  sign_in_ended: (error: unknown) => void;
}

export class LiveStream {
  readonly connection: Connection = reactive({ state: "connecting", lost_at: null });
  private stopped = new AbortController();
  private wants_reload = false;

  constructor(private readonly reader: StreamReader) {
    void this.run(this.stopped.signal);
  }

  stop(): void {
    this.stopped.abort();
    this.connection.state = "ended";
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
        // Stopped meanwhile, it has nothing to say about a sign-in that came after it.
        if (error instanceof SignInNeeded && !signal.aborted) {
          this.stop();
          this.reader.sign_in_ended(error);
          return;
        }
      }
      if (signal.aborted) return;
      this.connection.state = "lost";
      this.connection.lost_at ??= Date.now();
      this.reader.lost?.();
      await pause(wait_ms, signal);
      wait_ms = Math.min(wait_ms * 2, LONGEST_WAIT_MS);
    }
  }

  private async read_once(signal: AbortSignal, on_open: () => void): Promise<void> {
    const broken = new AbortController();
    // A phone that lost its signal knows before the silence tells.
    window.addEventListener("offline", () => broken.abort(), { signal: broken.signal });
    try {
      await read_events(
        this.reader.address(),
        () => {
          on_open();
          this.connection.state = "live";
          this.connection.lost_at = null;
          this.reader.live?.();
        },
        (event) => {
          if (event.event === "reload") {
            this.wants_reload = true;
            broken.abort();
          } else this.reader.take(event);
        },
        AbortSignal.any([signal, broken.signal]),
      );
    } finally {
      broken.abort();
    }
  }

  private async start_anew(): Promise<void> {
    await this.reader.reload();
    this.wants_reload = false;
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
    document.addEventListener("visibilitychange", end, { signal: over.signal });
    signal.addEventListener("abort", end, { signal: over.signal });
  });
}
