import { pairByPatterns, type FilePatterns } from '../read/patterns.js';
import { foundIn } from './folders.js';
import { type Layout } from './layout.js';

/** Images and masks that the user names by patterns; lists and classes.txt count as in folders of images and masks. */
export const patterns = (given: FilePatterns): Layout => ({
  name: `images ${given.images}, masks ${given.masks}`,
  looks: '',
  takes: ['labelMap', 'images', 'masks'],
  open: async (folder, options) => foundIn(folder, await pairByPatterns(folder, given), options),
});
