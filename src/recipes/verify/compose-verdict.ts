import type { Case } from '../../../schemas/case.ts';
import type { Config } from '../../nouns/config.ts';
import { TOOL } from '../../nouns/tool.ts';
import type { ImageVerdict } from '../../nouns/verdict.ts';
import { datatypeOf } from '../../validate/cases/tensor-of-case.ts';
import { settleTolerance, toleranceText } from '../../verify/tolerance.ts';
import { wholeVerdict } from '../../verify/whole-verdict.ts';
import type { ImageUnderTest } from './image-under-test.ts';
import type { CheckResult } from './problem.ts';

export interface VerdictFacts {
  readonly image: ImageUnderTest;
  readonly config: Config;
  readonly cases: readonly Case[];
  readonly place: ImageVerdict['place'];
  readonly checks: readonly Omit<CheckResult, 'problems'>[];
  readonly failures: ImageVerdict['failures'];
  readonly metrics: ImageVerdict['metrics'];
  readonly load: ImageVerdict['load'];
}

/** Everything that was found out about an image, as one document. */
export function composeVerdict(facts: VerdictFacts): ImageVerdict {
  const { image, config, failures, checks } = facts;
  const { owners } = config;
  return {
    schema: 'plimsoll.verdict/1',
    tool: { name: TOOL.name, version: TOOL.version },
    verdict: wholeVerdict(failures),
    image: {
      name: image.name,
      digest: image.index.document?.digest ?? null,
      manifest: image.held.manifest?.digest ?? null,
      config: image.held.config.digest,
      platform: image.platform,
      lock: image.lock.seal,
    },
    model: { name: image.plan.name, version: image.plan.version },
    runtime: { onnxruntime: image.lock.onnxruntime.version, node: image.lock.node.version },
    place: facts.place,
    owners: { system: owners.system ?? null, model: owners.model ?? null },
    tolerances: tolerancesOf(facts),
    checks: checks.map((check) => ({
      name: check.name,
      outcome:
        check.skipped === undefined
          ? wholeVerdict(failures.filter((failure) => failure.check === check.name))
          : 'skipped',
      count: check.count,
      note: check.note,
    })),
    failures,
    metrics: facts.metrics,
    load: facts.load,
  };
}

/** Each output’s, with where it comes from; where cases have several, those of the first that has one. */
function tolerancesOf({ image, config, cases }: VerdictFacts): ImageVerdict['tolerances'] {
  return image.plan.model.outputs.flatMap(({ name, elementType }) => {
    const datatype = datatypeOf(elementType);
    if (datatype === undefined) return [];
    const fromCase = cases.find(
      ({ tolerance }) => tolerance !== undefined && Object.hasOwn(tolerance, name),
    )?.tolerance;
    const { tolerance, from } = settleTolerance(
      { name, datatype },
      { configured: config.verify.tolerances[name], fromCase },
    );
    return [{ output: name, datatype, rule: toleranceText(tolerance), from }];
  });
}
