/** What packaging leaves beside a configuration, and nobody commits. */
const IGNORED = ['/image/', '/image.documents/'] as const;

/** A `.gitignore` with what is missing of ours at its end; `undefined` where nothing is. */
export function withIgnoredLines(text: string): string | undefined {
  const present = new Set(text.split('\n').map((line) => line.trim()));
  const missing = IGNORED.filter((line) => !present.has(line) && !present.has(line.slice(1)));
  if (missing.length === 0) return undefined;
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${before}${missing.join('\n')}\n`;
}
