// The page of segloss predict --contact-sheet.
import { describe, expect, it } from '@jest/globals';
import { type Sample } from '@segloss/data';
import { decode } from 'fast-png';

import { ContactSheet } from '../src/contact-sheet.js';

const options = { classes: ['background', 'a & b'], background: 0, most: 2 };
/** Black; the first `region` pixels are class 1. */
const image = (height: number, width: number, region: number, depth?: number): Sample => ({
  id: 'volume',
  ...(depth !== undefined && { depth }),
  ...{ height, width, channels: 1 },
  image: new Float32Array((depth ?? 1) * height * width),
  mask: Uint8Array.from({ length: (depth ?? 1) * height * width }, (_, i) => Number(i < region)),
});
const pictures = (page: string) =>
  [...page.matchAll(/base64,([^"]+)"/g)].map(([, text]) => decode(Buffer.from(text!, 'base64')));

describe('a contact sheet', () => {
  it('shows the first images with their regions, and counts the others', () => {
    const sheet = new ContactSheet(options);
    sheet.add('<one>', image(4, 4, 4)); // the upper row
    for (const name of ['two', 'three']) sheet.add(name, image(640, 320, 0));
    const page = sheet.page('title');
    expect(page).toContain('The first 2 of 3 images');
    expect(page).toContain('&lt;one&gt;');
    expect(page).toContain('a &amp; b 25 %');
    expect(page).not.toContain('three');
    const [one, two, ...others] = pictures(page);
    expect([one!.width, one!.height, two!.width, two!.height, others]).toEqual([4, 4, 160, 320, []]);
    // All of the region is its border: the orange of class 1; the rest of the image is black.
    expect([...one!.data.slice(0, 3), ...one!.data.slice(-3)]).toEqual([230, 159, 0, 0, 0, 0]);
    expect([...new Set(two!.data)]).toEqual([0]);
    expect(page).toContain('background: rgb(230 159 0)');
  });

  it('shows the slice of a volume with most foreground', () => {
    const sheet = new ContactSheet(options);
    const volume = image(2, 2, 0, 3);
    volume.mask.set([1, 0, 0, 0], 0);
    volume.mask.set([1, 1, 1, 0], 8);
    sheet.add('v', volume);
    const page = sheet.page('title');
    expect(page).toContain('v, slice 2');
    expect(page).toContain('33.3 %'); // 4 of 12 voxels
    expect(page).toMatch(/<p>\s*1 image\. /);
  });
});
