// The build writes files.js.

/** Changes with any byte of the page's files. */
export const VERSION: string;
/** The files of the page, by their paths. */
export const FILES: readonly string[];
