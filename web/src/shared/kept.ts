// Small choices kept in this browser (language, sort order, a card put away). Losing them does no harm, so a
// browser that keeps nothing, such as one in private mode, is no error.

export function kept(name: string): string | null {
  try {
    return localStorage.getItem(`relight.${name}`);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`relight.${name}`, value);
  } catch {
    // Not kept: the choice holds until the page is closed.
  }
}
