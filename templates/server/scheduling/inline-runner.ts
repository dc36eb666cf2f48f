import type { Session } from '../session.ts';
import type { Runner } from './runner.ts';

/** Runs a light model where its requests arrive: handing one to another thread would take longer than the run. */
export function makeInlineRunner(session: Session): Runner {
  return {
    free: 1,
    run(inputs, outputs, done) {
      const begun = performance.now();
      let results: ReturnType<Session['run']>;
      try {
        results = session.run(inputs, outputs);
      } catch (error) {
        done({ ok: false, error });
        return;
      }
      done({ ok: true, outputs: results, milliseconds: performance.now() - begun });
    },
  };
}
