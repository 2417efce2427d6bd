/** A binary that the build puts into the script, as a data URL. */
declare module '*.wasm' {
  const url: string;
  export default url;
}
