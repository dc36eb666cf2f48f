import type { Session } from '../session.ts';
import { LongRuns } from './long-runs.ts';
import type { Runner } from './runner.ts';

/**
 * Runs a light model where its requests arrive: handing one to another thread would take longer than the run.
 *
 * @param onProvenHeavy called after a run, where runs keep on taking longer than this thread may be held
 */
export function makeInlineRunner(session: Session, onProvenHeavy: () => void): Runner {
  const long = new LongRuns();
  return {
    free: 1,
    run(inputs, outputs, done, parts) {
      long.begin();
      const begun = performance.now();
      let results: ReturnType<Session['run']>;
      try {
        results = session.run(inputs, outputs);
      } catch (error) {
        done({ ok: false, error });
        return;
      }
      const ended = performance.now();
      const isHeavy = long.ended({ milliseconds: ended - begun, parts, endedMs: ended });
      done({ ok: true, outputs: results, milliseconds: ended - begun });
      if (isHeavy) onProvenHeavy();
    },
  };
}
