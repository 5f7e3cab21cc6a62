// One connection to a stream of server-sent events, read through fetch: unlike EventSource it sees the server's
// heartbeats, so that a dead connection is noticed, and the reason when a stream is refused.
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { Away } from "../api/errors";
import { relight_header } from "../api/face";
import { refusal_of } from "../api/request";

/** The server sends something every 15 seconds; silence for longer than two of these is a dead connection. */
const LONGEST_SILENCE_MS = 35_000;

/** Read a stream until it ends or the signal aborts. Throws Away, SignInNeeded or Refusal. */
export async function read_events(
  address: string,
  on_open: () => void,
  on_event: (event: EventSourceMessage) => void,
  signal: AbortSignal,
): Promise<void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), LONGEST_SILENCE_MS);
  const asked_at_ms = performance.now();
  const parser = createParser({ onEvent: on_event });
  try {
    const response = await fetch(address, {
      headers: { Accept: "text/event-stream", ...relight_header() },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok || !response.body) throw await refusal_of(response, asked_at_ms);
    on_open();
    const text = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await text.read(); !part.done; part = await text.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), LONGEST_SILENCE_MS);
      parser.feed(part.value);
    }
  } catch (error) {
    if (error instanceof TypeError || silence.signal.aborted) throw new Away("network");
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
