const MARKUP = /^\s*<(!doctype|html|\?xml|svg)/i;
/** Formats that are often given a wrong extension, by their first bytes. */
const OTHER_FORMATS: readonly (readonly [name: string, signature: RegExp])[] = [
  ['BMP', /^BM/],
  ['GIF', /^GIF8/],
  ['WebP', /^RIFF....WEBP/s],
  ['HEIC or AVIF', /^....ftyp/s],
  ['JPEG 2000', /^(\0\0\0\u000cjP {2}|\u00ffO\u00ffQ)/], // eslint-disable-line no-control-regex
  ['NumPy', /^\u0093NUMPY/],
  ['ZIP', /^PK\u0003\u0004/], // eslint-disable-line no-control-regex
  ['gzip', /^\u001f\u008b/], // eslint-disable-line no-control-regex
  ['DICOM', /^[^]{128}DICM/],
];

/**
 * Returns what a file is that has none of the wanted formats, and the remedy, from its first bytes.
 *
 * @param wanted As in "neither PNG nor JPEG nor TIFF". @param target The format to convert it to.
 */
export function unknownFormat(bytes: Uint8Array, wanted: string, target: string): string {
  const head = String.fromCharCode(...bytes.subarray(0, 1024));
  if (head.startsWith('version https://git-lfs')) {
    return 'it is a pointer of Git LFS and not the file itself; run "git lfs pull"';
  }
  if (/^[^\n\0]*\/annex\/objects\//.test(head)) {
    return 'it is a pointer of git-annex and not the file itself; run "git annex get"';
  }
  if (bytes.length < 1024 && /^\.{1,2}\/[^\n\0]+$/.test(head)) {
    return `it is a symbolic link that was saved as text (${head}), as Git does without core.symlinks; copy the file itself`;
  }
  if (MARKUP.test(head)) return 'it is a page of HTML or XML and not an image; download it again';
  const other = OTHER_FORMATS.find(([, signature]) => signature.test(head));
  return `it is ${wanted}${other === undefined ? '' : ` but ${other[0]}`} by its first bytes; convert it to ${target}`;
}
