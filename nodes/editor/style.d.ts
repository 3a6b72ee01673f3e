declare module '*.css' {
  /** The style sheet, as the build has made it smaller. */
  const text: string;
  export default text;
}
