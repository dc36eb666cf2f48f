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
