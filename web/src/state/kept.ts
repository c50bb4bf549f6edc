/** What this browser remembers. Where storage is forbidden, it remembers nothing, and all goes on. */
export function recall(name: string): string | null {
  try {
    return window.localStorage.getItem(`rushes.${name}`);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string | null): void {
  try {
    if (value === null) window.localStorage.removeItem(`rushes.${name}`);
    else window.localStorage.setItem(`rushes.${name}`, value);
  } catch {
    // Nothing depends on it.
  }
}
