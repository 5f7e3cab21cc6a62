// Which sign-in the requests of a page go by. Desk and crew page have a cookie each, so that both can stand open in one
// browser; the header against forged requests says whose turn it is (api/gatekeeper.py).

export type Face = "desk" | "crew";

const header_values: Record<Face, string> = { desk: "1", crew: "crew" };
let own: Face = "desk";

/** Said once by a page, before it asks for anything. */
export function this_page_is(face: Face): void {
  own = face;
}

export function own_face(): Face {
  return own;
}

/** The header that goes with every request, tiles and streams included. */
export function relight_header(): { "X-Relight": string } {
  return { "X-Relight": header_values[own] };
}
