// What several packages need that may import nothing of each other: bundled into each, and published with none.
export { nearestName, nearestNames, suggestion, unknownName } from './names.js';
export { checkChoice, checkKeys, withDefaults } from './options.js';
export { printable } from './printable.js';
export { inRandomOrder, randomNumbers } from './random.js';
export { forEachRun, Tally } from './runs.js';
