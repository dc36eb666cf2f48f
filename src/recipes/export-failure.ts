import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { explainFailure } from '../convert/known-failures.ts';
import type { ExporterOutcome, Route } from '../convert/run-exporter.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import { writeWhole } from '../project/write-whole.ts';
import type { ConvertibleProject } from './train-artefact.ts';

/** An export that came to nothing. */
export interface FailedExport {
  readonly outcome: 'failed';
  readonly failure: Failure;
  /** The way that it took, where it came so far. */
  readonly route: Route | undefined;
  /** Whether another way may be tried. */
  readonly isFinal: boolean;
}

interface Facts {
  readonly project: ConvertibleProject;
  readonly route: Route | undefined;
  readonly log: string;
}

/** What a person should read of an export that failed; the framework's own trace goes to a file beside the model. */
export async function exportFailure(outcome: ExporterOutcome, facts: Facts): Promise<FailedExport> {
  const { route, log } = facts;
  switch (outcome.outcome) {
    case 'refused': {
      const { code, message, mend } = outcome;
      return {
        outcome: 'failed',
        failure: new Failure(message, { code, exit: EXIT.usage, mend }),
        route,
        isFinal: false,
      };
    }
    case 'failed': {
      const known = explainFailure(outcome.kind, outcome.message);
      const path = await writeTrace(facts, `${outcome.trace}\n${log}`);
      const failure = new Failure(
        `${facts.project.source.source} cannot be converted: ${known?.message ?? `${outcome.kind}: ${shortened(outcome.message)}`}`,
        {
          code: known?.code ?? 'convert/failed',
          exit: EXIT.findings,
          mend: `${known?.mend ?? 'Nobody has met this before.'} The whole trace is in ${path}.`,
          cause: new Error(outcome.trace),
        },
      );
      return { outcome: 'failed', failure, route, isFinal: known?.isFinal === true };
    }
    case 'ended': {
      const path = await writeTrace(facts, log);
      const failure = new Failure(`converting ${facts.project.source.source} ended before its time: ${outcome.how}`, {
        code: 'convert/ended',
        exit: EXIT.system,
        mend: outcome.isLimit
          ? `Give it longer with the key "timeoutSeconds" beside "from", or a machine with more memory. What it said is in ${path}.`
          : `What it said is in ${path}; it ended with: ${shortened(log.slice(-600)) || 'nothing'}`,
      });
      return { outcome: 'failed', failure, route, isFinal: outcome.isLimit };
    }
    case 'done':
      throw new TypeError('an exporter gave a result, and took no way to it');
  }
}

/** Where the trace of a conversion that failed is kept; gone with the next that goes well. */
export function tracePath(modelPath: string): string {
  return modelPath.replace(/\.onnx$/, '.conversion.log');
}

async function writeTrace({ project }: Facts, text: string): Promise<string> {
  const path = tracePath(project.modelPath);
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, `${stripVTControlCharacters(text).trim()}\n`);
  return path;
}

/** Some exporters print thousands of lines of attributes before the cause. */
function shortened(message: string): string {
  const plain = stripVTControlCharacters(message).trim();
  return plain.length <= 600 ? plain : `${plain.slice(0, 300)} … ${plain.slice(-300)}`;
}
