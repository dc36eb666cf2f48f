/** What a row may take on the thread that takes requests in: longer ones would keep those waiting who only ask whether the server is well. */
export const LONGEST_INLINE_MS = 20;

/** What a run may take there for being of many rows: a larger one that saves time can be had on another thread. */
export const LONGEST_JOINED_MS = 10;
