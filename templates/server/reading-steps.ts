/** Of a request, what is read in a step: the slowest kind of elements takes a millisecond or two. */
export const STEP_BYTES = 2 ** 15;

/** What reads bytes from the front to the back. */
export interface Stepping {
  /** Byte offset of what comes next. */
  readonly position: number;
  /** Where the step began. */
  stepStart: number;
}

/** Whether a step's worth has been read since one last ended, or since the reader went back; the next one then begins. */
export function stepEnds(reader: Stepping): boolean {
  const read = reader.position - reader.stepStart;
  if (read >= 0 && read < STEP_BYTES) return false;
  reader.stepStart = reader.position;
  return read >= 0;
}
