// The link of a guest crew: `/crew/#guest=…`. What stands behind the # never leaves the phone by itself.
const LINK = /^#guest=([\w-]+)$/;

/** Take the token out of the page's address, so that it stands there no longer; null where there is none. */
export function take_guest_token(): string | null {
  const token = LINK.exec(location.hash)?.[1] ?? null;
  if (token) history.replaceState(null, "", location.pathname);
  return token;
}
