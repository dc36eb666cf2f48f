/** A setting that does not make sense; the start stops with this message. */
export class OptionError extends Error {}
