import type { CoveredProcessor } from '../../nouns/memory-facts.ts';
import { CALIBRATION } from './calibration.ts';
import { type PlanOptions, planMemory } from './plan-memory.ts';
import { PROCESSORS } from './processor.ts';

/** The processors that a plan has been made for, each with its own bound. */
export function coveredProcessors(options: PlanOptions): readonly CoveredProcessor[] {
  const { combination } = options.calibration ?? CALIBRATION;
  return PROCESSORS.flatMap((processor) => {
    const plan = planMemory({ ...options, processor });
    if (plan.state === 'unknown') return [];
    const how = combination.processor === processor.name ? 'measured' : 'bounded';
    return [{ processor: processor.name, how, upperBoundBytes: plan.upperBoundBytes }];
  });
}
