import { readFileSync } from 'node:fs';
import type { Plan } from '../../schemas/plan.ts';
import { OptionError } from './option-error.ts';

const SCHEMA: Plan['schema'] = 'plimsoll.plan/1';

/**
 * Reads `plan.json`. The packager has checked all of it before it went into the image; what is checked here is that the
 * file is there and that server and packager speak of the same thing.
 *
 * @throws OptionError that names the file
 */
export function loadPlan(path: string): Plan {
  let plan: unknown;
  try {
    plan = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new OptionError(`cannot read the plan ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const schema = typeof plan === 'object' && plan !== null && 'schema' in plan ? plan.schema : undefined;
  if (schema !== SCHEMA) {
    throw new OptionError(`the plan ${path} has schema ${JSON.stringify(schema)}; this server reads ${SCHEMA}`);
  }
  return plan as Plan;
}
