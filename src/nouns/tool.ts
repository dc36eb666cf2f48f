/** This program; a test holds it equal to package.json. */
export const TOOL = {
  name: 'plimsoll',
  version: '0.1.0',
  description:
    'Proves that an ONNX model is fit to ship, says how much memory it will take, and packs it with a pinned inference server into a reproducible container image.',
} as const;

/**
 * The version of the code that turns a lock into bytes. Whoever changes what an image's bytes are for a given lock raises it:
 * a lock of another assembler is rebuilt by that assembler's release, not silently into other bytes.
 */
export const ASSEMBLER = 2;

/** What earlier versions made otherwise; no code for it is left in this release. */
const EARLIER: Readonly<Record<number, string>> = {
  1: 'which kept the lock within the model’s layer, kept Node’s symbols and more of the C library, and compressed by pako 1',
};

/** Why a lock of another assembler cannot be built here, as the end of a sentence that names the lock. */
export function whyNotAssembled(assembler: number): string {
  const known = EARLIER[assembler];
  const what = known ? `, ${known}` : assembler > ASSEMBLER ? ', which came later' : '';
  return `is of version ${assembler} of the assembler${what}; ${TOOL.name} ${TOOL.version} has version ${ASSEMBLER} and would make other bytes of it`;
}
