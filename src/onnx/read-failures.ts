import { EXIT, Failure } from '../nouns/failure.ts';

const DAMAGED =
  'The file is damaged or was not copied completely: copy or export it again, and compare its digest with the original.';

/** The file ends before something that it announces. */
export function truncated(path: string, at: { offset: number; wanted: number; left: number }): Failure {
  return new Failure(
    `${path} ends too early: at byte ${at.offset}, ${at.wanted} more bytes are announced and ${at.left} are left`,
    { code: 'onnx/truncated', exit: EXIT.findings, mend: DAMAGED },
  );
}

/** The bytes break the rules of the protobuf wire format. */
export function malformed(path: string, at: { offset: number; why: string }): Failure {
  return new Failure(`${path} is not a readable ONNX file: at byte ${at.offset}, ${at.why}`, {
    code: 'onnx/malformed',
    exit: EXIT.findings,
    mend: DAMAGED,
  });
}

export function tooDeep(path: string, at: { offset: number; limit: number }): Failure {
  return new Failure(
    `${path} nests messages more than ${at.limit} deep, at byte ${at.offset}: protobuf, and with it every runtime, stops there`,
    {
      code: 'onnx/too-deep',
      exit: EXIT.findings,
      mend: 'Flatten the model: fewer If, Loop and Scan inside each other, and fewer sequences of sequences.',
    },
  );
}

export function limitExceeded(path: string, at: { offset: number; what: string }): Failure {
  return new Failure(`${path} is larger than this reader takes: at byte ${at.offset}, ${at.what}`, {
    code: 'onnx/limit',
    exit: EXIT.findings,
    mend: 'Export the model without debugging text, with loops kept as loops and constants folded; a graph of this size is seldom meant.',
  });
}
