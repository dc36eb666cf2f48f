const INDENT = '  ';

/**
 * Text in lines of so many columns, broken between words; those that go on are indented. A word that is too long stays whole, to be
 * copied, and so does everything where nobody says how wide the screen is: what is piped is searched.
 */
export function breakLines(
  text: string,
  { columns, indent = INDENT }: { readonly columns: number | undefined; readonly indent?: string },
): string {
  if (columns === undefined) return `${indent}${text}\n`;
  const lines: string[] = [];
  for (const part of text.split('\n')) {
    const first = lines.length;
    for (const word of part.split(' ')) {
      const last = lines[lines.length - 1];
      if (lines.length > first && last !== undefined && last.length + 1 + word.length <= columns)
        lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(`${lines.length === 0 ? indent : INDENT}${word}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
