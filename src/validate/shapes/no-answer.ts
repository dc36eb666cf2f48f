/** Thrown by a rule that cannot tell the shape of its outputs; the message is the reason that goes with them. */
export class NoAnswer extends Error {}
