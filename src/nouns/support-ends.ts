/**
 * When upstream stops mending, as its makers have announced: Debian's own security team (then volunteers go on for two more years),
 * and Node's release schedule. What is not listed is not known, and not judged.
 */
export const SUPPORT_ENDS = {
  debian: { bookworm: '2026-06-10', trixie: '2028-08-09' },
  node: {
    '18': '2025-04-30',
    '20': '2026-04-30',
    '21': '2024-06-01',
    '22': '2027-04-30',
    '23': '2025-06-01',
    '24': '2028-04-30',
    '25': '2026-06-01',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The day on which support ended; nothing where it goes on, or where that is not known. */
export function endedSupport(of: keyof typeof SUPPORT_ENDS, name: string, now: Date): string | undefined {
  const ends: Readonly<Record<string, string>> = SUPPORT_ENDS[of];
  const end = Object.hasOwn(ends, name) ? ends[name] : undefined;
  return end !== undefined && now.toISOString().slice(0, 10) >= end ? end : undefined;
}
