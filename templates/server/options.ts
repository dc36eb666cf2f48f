import { join } from 'node:path';
import { DEFAULT_LIMITS } from './limits.ts';
import { OptionError } from './option-error.ts';

/** What the environment settles, by the names of `SETTINGS`. */
export type Options = { readonly [Name in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[Name]['read']> };

type Environment = Readonly<Record<string, string | undefined>>;

/** One environment variable. */
interface Setting<Value> {
  readonly variable: string;
  /** For the table in the documentation. */
  readonly meaning: string;
  /** The default in words. */
  readonly fallback: string;
  /** @throws OptionError that names the variable, the value and what was wanted */
  readonly read: (value: string | undefined, folder: string) => Value;
}

/** Every environment variable that the server reads; `docs/server.md` shows this table. */
export const SETTINGS = {
  plan: file('PLIMSOLL_PLAN', {
    meaning: 'file of the plan',
    fallback: '`model/plan.json` beside the server',
    otherwise: (folder) => join(folder, 'model', 'plan.json'),
  }),
  port: wholeNumber('PLIMSOLL_HTTP_PORT', {
    meaning: 'port for HTTP; 0 for any free one',
    fallback: 8080,
    largest: 65_535,
  }),
  grpcPort: portOrOff('PLIMSOLL_GRPC_PORT', {
    meaning: 'port for gRPC; 0 for any free one, `off` for none',
    fallback: 8081,
    largest: 65_535,
  }),
  host: text('PLIMSOLL_HOST', { meaning: 'address to listen on', fallback: "all of this machine's" }),
  graceSeconds: wholeNumber('PLIMSOLL_GRACE_SECONDS', {
    meaning: 'how long accepted requests may take after a signal to stop, in seconds',
    // The longest wait that any orchestrator is set to grant, with room to spare.
    fallback: 25,
    largest: 86_400,
  }),
  bodyBytes: optionalNumber('PLIMSOLL_MAX_BODY_BYTES', {
    meaning: 'largest body of a request, and largest message of a gRPC call, inflated where it is compressed',
    fallback: "the image's own",
    least: 1,
    // One buffer of Node's holds no more.
    largest: 2 ** 32 - 1,
  }),
  headerBytes: wholeNumber('PLIMSOLL_MAX_HEADER_BYTES', {
    meaning: 'largest headers of a request',
    fallback: 16_384,
    least: 1024,
    largest: 2 ** 20,
  }),
  jsonDepth: wholeNumber('PLIMSOLL_MAX_JSON_DEPTH', {
    meaning: 'deepest nesting of JSON where the protocol gives no shape',
    fallback: DEFAULT_LIMITS.jsonDepth,
    least: 1,
    // Deeper, the stack would have the last word.
    largest: 512,
  }),
  tensors: wholeNumber('PLIMSOLL_MAX_TENSORS', {
    meaning: 'most inputs, and most outputs, that one request names',
    fallback: DEFAULT_LIMITS.tensors,
    least: 1,
    largest: 2 ** 20,
  }),
  stringBytes: wholeNumber('PLIMSOLL_MAX_STRING_BYTES', {
    meaning: 'longest text in a request: an element of a BYTES tensor, a name, an id',
    fallback: DEFAULT_LIMITS.stringBytes,
    least: 64,
    largest: 2 ** 29,
  }),
  connections: wholeNumber('PLIMSOLL_MAX_CONNECTIONS', {
    meaning: 'most connections at once, for HTTP and for gRPC each; further ones are closed',
    fallback: 4096,
    least: 1,
    largest: 2 ** 20,
  }),
  calls: wholeNumber('PLIMSOLL_MAX_CALLS', {
    meaning: 'most gRPC calls at once on all connections, beside four on each; clients may try refused ones again',
    // A kilobyte or two each while they wait for their messages. What waits for the model is bounded by its queue, far below.
    fallback: 4096,
    least: 1,
    largest: 2 ** 24,
  }),
  callsPerConnection: wholeNumber('PLIMSOLL_MAX_CALLS_PER_CONNECTION', {
    meaning: "most gRPC calls at once on one connection; further ones wait on the client's side",
    fallback: 256,
    least: 1,
    largest: 2 ** 16,
  }),
  headersMs: wholeNumber('PLIMSOLL_HEADERS_TIMEOUT_MS', {
    meaning: 'how long the headers of a request, or the greeting of a gRPC connection, may take to arrive',
    // They fit in a packet or two; a client that needs longer holds a connection for nothing.
    fallback: 15_000,
    least: 100,
    largest: 3_600_000,
  }),
  requestMs: wholeNumber('PLIMSOLL_REQUEST_TIMEOUT_MS', {
    meaning: 'how long a request, headers and body together, may take to arrive',
    // 16 MiB at 140 kB/s.
    fallback: 120_000,
    least: 100,
    largest: 3_600_000,
  }),
  tokensFile: text('PLIMSOLL_TOKENS_FILE', {
    meaning: 'file of bearer tokens, one a line, of which every call needs one; read again when it changes',
    fallback: 'calls need none',
  }),
  certificateFile: text('PLIMSOLL_TLS_CERT_FILE', {
    meaning: 'certificate chain in PEM, for TLS over HTTP and gRPC; read again when it changes',
    fallback: 'no TLS',
  }),
  keyFile: text('PLIMSOLL_TLS_KEY_FILE', {
    meaning: "the certificate's key in PEM",
    fallback: 'no TLS',
  }),
  playground: onOrOff('PLIMSOLL_PLAYGROUND', {
    meaning: 'the page at `/` for trying the model by hand: `on` or `off`',
    fallback: true,
  }),
  imageDigest: text('PLIMSOLL_IMAGE_DIGEST', {
    meaning: "the image's own digest, which no image can hold: shown on the page and in `/openapi.json`",
    fallback: 'not shown',
  }),
  silenceMs: wholeNumber('PLIMSOLL_SILENCE_TIMEOUT_MS', {
    meaning: 'how long a connection may be open on which nothing moves either way',
    // The client does not read its answer, or is gone.
    fallback: 300_000,
    least: 100,
    largest: 86_400_000,
  }),
  accessLog: choice('PLIMSOLL_ACCESS_LOG', {
    meaning: 'a line of JSON for each request, on standard output',
    values: ['off', 'json'],
  }),
  otlpEndpoint: webAddress('OTEL_EXPORTER_OTLP_ENDPOINT', {
    meaning: 'where traces are sent: an OpenTelemetry collector, OTLP over HTTP as JSON, without the path',
    fallback: 'none are sent',
  }),
  otlpHeaders: headerList('OTEL_EXPORTER_OTLP_HEADERS', {
    meaning: 'headers for the collector, as `name=value,name=value` with values percent-encoded',
    fallback: 'none',
  }),
  serviceName: text('OTEL_SERVICE_NAME', { meaning: "this server's name in traces", fallback: "the model's name" }),
};

/**
 * Reads the settings from the environment.
 *
 * @throws OptionError that names the variable, the value and what was wanted
 */
export function readOptions(environment: Environment, folder: string): Options {
  const entries = Object.entries(SETTINGS).map(([name, { variable, read }]) => {
    const value = environment[variable];
    if (value === '') throw new OptionError(`${variable} is set but empty; leave it unset for the default`);
    return [name, read(value, folder)];
  });
  const options = Object.fromEntries(entries) as Options;
  if ((options.certificateFile === undefined) !== (options.keyFile === undefined)) {
    throw new OptionError('PLIMSOLL_TLS_CERT_FILE and PLIMSOLL_TLS_KEY_FILE go together; one of them is not set');
  }
  return options;
}

interface TextFacts {
  readonly meaning: string;
  readonly fallback: string;
}

function text(variable: string, facts: TextFacts): Setting<string | undefined> {
  return { variable, ...facts, read: (value) => value };
}

interface ChoiceFacts<Value extends string> {
  readonly meaning: string;
  /** The default first. */
  readonly values: readonly [Value, ...Value[]];
}

function choice<Value extends string>(variable: string, { meaning, values }: ChoiceFacts<Value>): Setting<Value> {
  return {
    variable,
    meaning: `${meaning}: ${values.map((value) => `\`${value}\``).join(' or ')}`,
    fallback: values[0],
    read: (value) => {
      const found = values.find((known) => known === (value ?? values[0]));
      if (found !== undefined) return found;
      throw new OptionError(`${variable} is "${value}"; wanted ${values.join(' or ')}`);
    },
  };
}

function webAddress(variable: string, facts: TextFacts): Setting<string | undefined> {
  return {
    variable,
    ...facts,
    read: (value) => {
      if (value === undefined || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))) return value;
      throw new OptionError(`${variable} is "${value}"; wanted an address that begins with http:// or https://`);
    },
  };
}

function headerList(variable: string, facts: TextFacts): Setting<Readonly<Record<string, string>>> {
  return {
    variable,
    ...facts,
    read: (value) =>
      Object.fromEntries(
        (value?.split(',') ?? []).map((pair) => {
          const [, name, text] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=([\x20-\x7e]*)$/.exec(pair) ?? [];
          // Not shown: what is wrong may be a secret.
          if (name === undefined || text === undefined)
            throw new OptionError(`${variable} is not of the form name=value,name=value`);
          return [name, readHeaderValue(variable, text.trim())];
        }),
      ),
  };
}

/** Values are percent-encoded, as OpenTelemetry's own readers take them: a space may not be in one otherwise. */
function readHeaderValue(variable: string, text: string): string {
  let value = text;
  try {
    value = decodeURIComponent(text);
  } catch {
    // A percent sign that means itself.
  }
  if (/^[\t\x20-\x7e]*$/.test(value)) return value;
  throw new OptionError(`${variable} has a value that no header can have once its percent-encoding is undone`);
}

interface FileFacts extends TextFacts {
  readonly otherwise: (folder: string) => string;
}

function file(variable: string, { otherwise, ...facts }: FileFacts): Setting<string> {
  return { variable, ...facts, read: (value, folder) => value ?? otherwise(folder) };
}

interface NumberFacts {
  readonly meaning: string;
  readonly fallback: number;
  readonly least?: number;
  readonly largest: number;
}

function wholeNumber(variable: string, facts: NumberFacts): Setting<number> {
  return {
    variable,
    meaning: facts.meaning,
    fallback: `${facts.fallback}`,
    read: (value) => (value === undefined ? facts.fallback : readNumber(variable, value, facts)),
  };
}

/** A number whose default is not known here. */
function optionalNumber(
  variable: string,
  facts: TextFacts & Omit<NumberFacts, 'fallback'>,
): Setting<number | undefined> {
  return {
    variable,
    meaning: facts.meaning,
    fallback: facts.fallback,
    read: (value) => (value === undefined ? undefined : readNumber(variable, value, facts)),
  };
}

function onOrOff(variable: string, facts: { meaning: string; fallback: boolean }): Setting<boolean> {
  return {
    variable,
    meaning: facts.meaning,
    fallback: facts.fallback ? '`on`' : '`off`',
    read: (value = facts.fallback ? 'on' : 'off') => {
      if (value === 'on' || value === 'off') return value === 'on';
      throw new OptionError(`${variable} is "${value}"; wanted on or off`);
    },
  };
}

function portOrOff(variable: string, facts: NumberFacts): Setting<number | undefined> {
  const { read, ...rest } = wholeNumber(variable, facts);
  return { ...rest, read: (value, folder) => (value === 'off' ? undefined : read(value, folder)) };
}

function readNumber(variable: string, value: string, { least = 0, largest }: Omit<NumberFacts, 'fallback'>): number {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= largest) return number;
  throw new OptionError(`${variable} is "${value}"; wanted a whole number from ${least} to ${largest}`);
}
