import { spawn } from 'node:child_process';
import * as z from 'zod';
import { EXIT, Failure } from '../../nouns/failure.ts';
import type { Credentials } from './credentials.ts';

/** Helpers may ask a keychain or a cloud; one that is silent for longer waits for a person who is not there. */
const TIMEOUT_MS = 60_000;
/** A token of a cloud has some kilobytes. */
const MAX_ANSWER_BYTES = 256 * 1024;
/** What a helper says where it has nothing for a server; the words are the protocol's. */
const NOT_FOUND = /credentials not found/i;

const Answer = z.object({ Username: z.string(), Secret: z.string() });

/**
 * Asks the program `docker-credential-NAME` for what it keeps for a server: the server's name on its standard input, JSON on its
 * standard output. Nothing where it has none. Throws `registry/credential-helper` where it cannot be run or fails.
 */
export async function askCredentialHelper(
  name: string,
  { server, env }: { readonly server: string; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<Credentials | undefined> {
  const program = `docker-credential-${name}`;
  if (!/^[\w.-]+$/.test(name)) throw failed(program, 'that is no name of a program');
  const { code, output, problem } = await run(program, { input: server, env });
  if (code !== 0) {
    if (NOT_FOUND.test(output)) return undefined;
    throw failed(program, problem ?? (output.trim().slice(0, 500) || `it ended with ${code}`));
  }
  const answer = Answer.safeParse(jsonOf(output));
  if (!answer.success) throw failed(program, 'its answer is not {"Username": …, "Secret": …}');
  const { Username: username, Secret: secret } = answer.data;
  if (secret === '') return undefined;
  // The protocol's own mark for a secret that is no password but to be exchanged for tokens.
  return username === '<token>' ? { identityToken: secret } : { username, password: secret };
}

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly problem?: string;
}

function run(
  program: string,
  { input, env }: { readonly input: string; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(program, ['get'], { env: { ...env }, stdio: ['pipe', 'pipe', 'ignore'], timeout: TIMEOUT_MS });
    const chunks: Buffer[] = [];
    let bytes = 0;
    child.on('error', (error) => resolve({ code: null, output: '', problem: error.message }));
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) child.kill();
      else chunks.push(chunk);
    });
    child.on('close', (code, signal) => {
      const output = Buffer.concat(chunks).toString('utf8');
      resolve({
        code,
        output,
        ...(signal !== null && { problem: `it was ended after ${TIMEOUT_MS / 1000} s or too long an answer` }),
      });
    });
    // A helper that does not want to read is judged by what it answers.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failed(program: string, why: string): Failure {
  return new Failure(`the credential helper ${program} gives no credentials: ${why}`, {
    code: 'registry/credential-helper',
    exit: EXIT.usage,
    mend: 'Install it, sign in again (docker login), or take it out of credHelpers and credsStore in Docker’s config.json.',
  });
}
