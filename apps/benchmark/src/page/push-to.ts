/** Adds a value to the list of a key, which begins empty. Time grows with the values, not with their square. */
export function pushTo<K, V>(groups: Map<K, V[]>, key: K, value: V): void {
  const own = groups.get(key);
  if (own === undefined) groups.set(key, [value]);
  else own.push(value);
}
