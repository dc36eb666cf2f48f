/** The bundler takes pages in as text. */
declare module '*.html' {
  const text: string;
  export default text;
}
