/** A longer run on the thread that takes requests in would keep those waiting who only ask whether the server is well. */
export const LONGEST_INLINE_MS = 20;
