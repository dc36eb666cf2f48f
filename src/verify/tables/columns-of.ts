import type { DataSetting } from '../../nouns/verify-settings.ts';

/** Every column that a setting names, once. */
export function columnsOf({ inputs, outputs = {}, label, query, slices }: DataSetting): readonly string[] {
  const named = [...Object.values(inputs), ...Object.values(outputs), label ?? [], query ?? [], slices].flat();
  return [...new Set(named)];
}
