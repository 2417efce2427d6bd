import { join } from 'node:path';

import { pairFolders } from '../read/names.js';
import { exists, pairItem } from './items.js';
import { splitItems, type Found, type Layout, type LayoutOptions } from './layout.js';

/**
 * CVC-ClinicDB as published.
 *
 * @see Bernal et al., "WM-DOVA maps for accurate polyp highlighting in colonoscopy", CMIG 2015.
 */
export const cvc: Layout = {
  name: 'CVC-ClinicDB',
  looks: 'Original/ next to "Ground Truth/" (also within PNG/)',
  takes: ['labelMap'],
  open: openCvc,
};

async function openCvc(folder: string, options: LayoutOptions): Promise<Found | undefined> {
  const inside = join(folder, 'PNG');
  const root = (await exists(inside)) ? inside : folder;
  const [images, masks] = [join(root, 'Original'), join(root, 'Ground Truth')];
  if (!(await exists(images, masks))) return undefined;
  return {
    classes: ['background', 'polyp'],
    background: 0,
    channels: 3,
    labels: { kind: 'black-and-white', foreground: 'polyp', whiteIsForeground: true },
    ...splitItems((await pairFolders(images, masks)).map(pairItem), options),
  };
}
