import { EXIT, Failure } from './failure.ts';

/** For a file of a model that is not as it was when it was first looked at. */
export function changedFile(path: string): Failure {
  return new Failure(`${path} was changed while it was in use`, {
    code: 'onnx/changed',
    exit: EXIT.usage,
    mend: 'Let nothing write to the model while it is read, and run the command again.',
  });
}
