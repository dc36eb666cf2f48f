/**
 * Names come from files that anybody may have made: what would move the cursor, colour the screen or turn the direction of
 * writing is shown as its code instead.
 */
export function printable(text: string): string {
  return text.replace(INVISIBLE, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}

/** Control and format characters, line and paragraph separators, halves of pairs. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
