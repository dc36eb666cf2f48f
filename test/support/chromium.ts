import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'undici';

export interface BrowserView {
  readonly width: number;
  readonly height: number;
  readonly scheme: 'light' | 'dark';
  /** As it would be printed. */
  readonly isPrinted?: boolean;
}

/** A page in a real browser, as a person with a screen of that size would see it. */
export interface BrowserPage {
  open(file: string): Promise<void>;
  /** The value of an expression; promises are waited for. */
  evaluate<T>(expression: string): Promise<T>;
  look(view: BrowserView): Promise<void>;
  press(key: string): Promise<void>;
  /** A picture of all of it, as PNG. */
  picture(): Promise<Buffer>;
  close(): Promise<void>;
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Where this machine has Chromium; `undefined` where it has none. */
export function chromiumPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find((path) => existsSync(path));
}

/** Starts Chromium without a window, and without a network of its own to reach. */
export async function openBrowserPage(program: string): Promise<BrowserPage> {
  const profile = mkdtempSync(join(tmpdir(), 'plimsoll-chromium-'));
  const child = spawn(
    program,
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--hide-scrollbars',
      '--no-first-run',
      '--host-resolver-rules=MAP * ~NOTFOUND',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const socket = new WebSocket(await addressOf(child));
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  const call = caller(socket);
  const { targetId } = await call<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
  const attached = await call<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true });
  const inPage = <T>(method: string, params: object = {}) => call<T>(method, params, attached.sessionId);
  const evaluate = async <T>(expression: string): Promise<T> => {
    const { result, exceptionDetails } = await inPage<{ result: { value: T }; exceptionDetails?: object }>(
      'Runtime.evaluate',
      { expression, awaitPromise: true, returnByValue: true },
    );
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  };
  return {
    evaluate,
    async open(file) {
      await inPage('Page.navigate', { url: `file://${file}` });
      while ((await evaluate('location.protocol + document.readyState')) !== 'file:complete')
        await new Promise((resolve) => setTimeout(resolve, 20));
    },
    async look({ width, height, scheme, isPrinted = false }) {
      await inPage('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
      await inPage('Emulation.setEmulatedMedia', {
        media: isPrinted ? 'print' : 'screen',
        features: [{ name: 'prefers-color-scheme', value: scheme }],
      });
    },
    async press(key) {
      await inPage('Input.dispatchKeyEvent', { type: 'keyDown', key });
      await inPage('Input.dispatchKeyEvent', { type: 'keyUp', key });
    },
    async picture() {
      const { data } = await inPage<{ data: string }>('Page.captureScreenshot', { captureBeyondViewport: true });
      return Buffer.from(data, 'base64');
    },
    async close() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      // Asked to, it ends its own processes first, which else go on writing to the profile.
      void call('Browser.close');
      await gone;
      socket.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

async function addressOf({ stderr }: ChildProcess): Promise<string> {
  if (stderr === null) throw new TypeError('the browser was started without its error stream');
  for await (const line of createInterface({ input: stderr })) {
    const address = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error('the browser ended before it listened');
}

function caller(socket: WebSocket): <T>(method: string, params?: object, sessionId?: string) => Promise<T> {
  let last = 0;
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(String(data));
    const caller = waiting.get(id);
    waiting.delete(id);
    if (error) caller?.reject(new Error(error.message));
    else caller?.resolve(result as never);
  });
  return (method, params = {}, sessionId) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      socket.send(JSON.stringify({ id: last, method, params, ...(sessionId && { sessionId }) }));
    });
}
