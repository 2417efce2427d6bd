/** Throws if an options object has a key that is not known. */
export function checkKeys(caller: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new TypeError(`${caller}: unknown option ${key}; known: ${known.join(', ')}`);
    }
  }
}
