import {
  CODE,
  ConnectionError,
  DEFAULT_FRAME_BYTES,
  LARGEST_FRAME_BYTES,
  LARGEST_WINDOW_BYTES,
  protocolError,
  SETTING,
} from './protocol.ts';

export type Setting = readonly [id: number, value: number];

/** A number of 16 bits and one of 32. */
const SETTING_BYTES = 6;

export function writeSettings(settings: readonly Setting[]): Buffer {
  const bytes = Buffer.alloc(SETTING_BYTES * settings.length);
  for (const [index, [id, value]] of settings.entries()) {
    bytes.writeUInt16BE(id, SETTING_BYTES * index);
    bytes.writeUInt32BE(value, SETTING_BYTES * index + 2);
  }
  return bytes;
}

/** @throws ConnectionError where they are none, or have values that cannot be (RFC 9113, section 6.5.2) */
export function readSettings(bytes: Buffer): readonly Setting[] {
  if (bytes.length % SETTING_BYTES !== 0) throw new ConnectionError(CODE.frameSize, 'settings of a wrong length');
  const settings: Setting[] = [];
  for (let at = 0; at < bytes.length; at += SETTING_BYTES) {
    const setting = [bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2)] as const;
    assertPossible(setting);
    settings.push(setting);
  }
  return settings;
}

function assertPossible([id, value]: Setting): void {
  if (id === SETTING.initialWindowSize && value > LARGEST_WINDOW_BYTES) {
    throw new ConnectionError(CODE.flowControl, `a window of ${value} bytes`);
  }
  const isWrong =
    (id === SETTING.enablePush && value > 1) ||
    (id === SETTING.maxFrameSize && (value < DEFAULT_FRAME_BYTES || value > LARGEST_FRAME_BYTES));
  if (isWrong) throw protocolError(`setting ${id} is ${value}`);
}
