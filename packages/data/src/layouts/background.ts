/** Names of what stands behind the objects of interest. */
const BACKGROUND = /^_*(back ?ground|bg|void|none|nothing|other|rest|unlabell?ed|clutter)_*$/i;
/** Names of what fills street and room scenes: where class 0 has one, it is a class as any other. */
const SCENE =
  /^(sky|buildings?|road|pavement|side ?walk|trees?|vegetation|terrain|grass|wall|floor|ceiling|water|sea|river|ground|soil|sand|car|person|impervious surfaces?)$/i;

/**
 * Which class is background, by the names of the classes: class 0, unless it is called as what scenes are made of, with three
 * classes or more.
 */
export function backgroundOf(classes: readonly string[]): 0 | null {
  const [first = ''] = classes;
  if (BACKGROUND.test(first)) return 0;
  return classes.length > 2 && SCENE.test(first.replaceAll(/[_-]/g, ' ')) ? null : 0;
}
