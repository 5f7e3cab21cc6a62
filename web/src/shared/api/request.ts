// One way to ask Relight: JSON in and out, the header against forged requests, errors as classes.
import { Away, Refusal, SignInNeeded } from "./errors";
import { relight_header } from "./face";

/** Longer than any honest answer; a request that hangs must become an error that a person can see. */
const LONGEST_WAIT_MS = 20_000;

export interface Asking {
  method?: "GET" | "POST";
  body?: unknown;
  signal?: AbortSignal;
}

/** Ask, and return the answer's JSON. Throws Away, SignInNeeded or Refusal. */
export async function ask<Answer>(
  path: string,
  { method = "GET", body, signal }: Asking = {},
): Promise<Answer> {
  const limit = AbortSignal.timeout(LONGEST_WAIT_MS);
  const asked_at_ms = performance.now();
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: { Accept: "application/json", "Content-Type": "application/json", ...relight_header() },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Away("network");
  }
  if (!response.ok) throw await refusal_of(response, asked_at_ms);
  return (await json_of(response)) as Answer;
}

export function post<Answer>(path: string, body: unknown): Promise<Answer> {
  return ask<Answer>(path, { method: "POST", body });
}

/** Turn an answer that is an error into the class that names it. */
export async function refusal_of(response: Response, asked_at_ms: number): Promise<Error> {
  const answer = (await json_of(response).catch(() => null)) as { error?: Record<string, unknown> } | null;
  const { code, text, ...fields } = answer?.error ?? {};
  if (typeof code !== "string" || typeof text !== "string") return new Away("server");
  if (code === "database_away") return new Away("database");
  if (response.status >= 500 && code !== "too_many_streams") return new Away("server");
  const kind = code === "sign_in_needed" ? SignInNeeded : Refusal;
  return new kind(response.status, code, text, fields, asked_at_ms);
}

async function json_of(response: Response): Promise<unknown> {
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch {
    // A proxy's page in place of an answer, or an answer cut short.
    throw new Away("server");
  }
}
