/** Paths as people paste them: in quotes, a line each, or as file:// addresses. */
export function pathsIn(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim().replace(/^(["'])(.*)\1$/, '$2'))
    .map(fromAddress)
    .filter(Boolean);
}

function fromAddress(line: string): string {
  if (!line.startsWith('file://')) return line;
  try {
    const path = decodeURIComponent(new URL(line).pathname);
    return /^\/[A-Za-z]:\//.test(path) ? path.slice(1) : path;
  } catch {
    return line;
  }
}
