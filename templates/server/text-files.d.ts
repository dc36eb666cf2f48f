/** The bundler takes pages in as text. */
declare module '*.html' {
  const text: string;
  export default text;
}

/** The bundler takes in `worker.ts`, with all that it imports, as the text of one script. */
declare module 'worker-program' {
  const text: string;
  export default text;
}
