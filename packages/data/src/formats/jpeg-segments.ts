import { Refusal } from '../errors.js';
import { orientationOf } from './exif.js';

/** What the segments of a JPEG say. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1 gray, 3 color, 4 CMYK. */
  readonly components: number;
  /** Their ids, by which some programs say that they are red, green and blue. */
  readonly ids: readonly number[];
  /** How many samples each component has for one of the coarsest, across and down. */
  readonly sampling: string;
  readonly progressive: boolean;
  /** 1 upright; 2 to 8 as in Exif. */
  readonly orientation: number;
  /** 0 RGB or CMYK, 1 YCbCr, 2 YCCK, as libjpeg takes it; undefined without Adobe's segment. */
  readonly adobeTransform?: number;
  readonly jfif: boolean;
}

/** A marker with what follows it, before the first scan. */
export interface Segment {
  readonly marker: number;
  /** Where its marker begins. */
  readonly start: number;
  /** Where the next one may begin. */
  readonly end: number;
  readonly content: Uint8Array;
}

export const START_OF_SCAN = 0xda;
const [START_OF_IMAGE, END_OF_IMAGE, JPEG_LS] = [0xd8, 0xd9, 0xf7];

/**
 * The segments up to that of the first scan. Between them, bytes that belong to no segment are skipped, as libjpeg and Pillow do, and so are
 * markers that stand alone.
 */
export function* segmentsOf(bytes: Uint8Array): Generator<Segment, void, undefined> {
  for (let at = 2; ;) {
    at = bytes.indexOf(0xff, at);
    if (at === -1 || at + 4 > bytes.length) return;
    const marker = bytes[at + 1]!;
    // What fills up the space before a marker (0xff), a value (0), and markers that begin no segment.
    if (marker === 0xff) at++;
    else if (marker <= 1 || (marker >= 0xd0 && marker <= 0xd7)) at += 2;
    else if (marker === START_OF_IMAGE || marker === END_OF_IMAGE) return;
    else {
      const end = at + 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!);
      yield { marker, start: at, end, content: bytes.subarray(at + 4, end) };
      if (marker === START_OF_SCAN) return;
      at = Math.max(end, at + 4);
    }
  }
}

/** Reads the header of a JPEG, of its bytes or of its first ones. */
export function jpegHeaderOf(bytes: Uint8Array): JpegHeader {
  let orientation = 1;
  let transform: number | undefined;
  let jfif = false;
  for (const { marker, content } of segmentsOf(bytes)) {
    if (isJfif(marker, content)) jfif = true;
    if (marker === 0xe1 && startsWith(content, 'Exif\0\0')) orientation = orientationOf(content.subarray(6));
    if (isAdobe(marker, content)) transform = content[ADOBE_TRANSFORM]!;
    if (marker === JPEG_LS) throw new Refusal('it is a JPEG-LS file; convert it to PNG');
    if (marker < 0xc0 || marker > 0xcf || [0xc4, 0xc8, 0xcc].includes(marker)) continue;
    const frame = frameOf(content, marker);
    const adobeTransform = transform === undefined ? undefined : knownTransform(transform, frame.components);
    return { ...frame, orientation, jfif, ...(adobeTransform !== undefined && { adobeTransform }) };
  }
  throw new Refusal('it has no JPEG frame header');
}

const startsWith = (content: Uint8Array, text: string): boolean =>
  text === String.fromCharCode(...content.subarray(0, text.length));

export const isJfif = (marker: number, content: Uint8Array): boolean =>
  marker === 0xe0 && content.length >= 14 && startsWith(content, 'JFIF\0');

export const isAdobe = (marker: number, content: Uint8Array): boolean =>
  marker === 0xee && content.length > ADOBE_TRANSFORM && startsWith(content, 'Adobe');

/** Where Adobe's segment says how colors are stored. */
export const ADOBE_TRANSFORM = 11;

/** What libjpeg takes a transform for: of unknown ones, colors are YCbCr and four components YCCK. */
export function knownTransform(transform: number, components: number): number {
  const usual = components === 4 ? 2 : 1;
  return transform === 0 ? 0 : usual;
}

function frameOf(content: Uint8Array, marker: number): Omit<JpegHeader, 'orientation' | 'jfif'> {
  const kind = unusualKind(marker);
  if (kind !== undefined) throw new Refusal(`it is a ${kind}; convert it to PNG`);
  if (content[0] !== 8) throw new Refusal(`it is a JPEG of ${content[0]} bits a value; convert it to PNG`);
  const components = content[5] ?? 0;
  if (![1, 3, 4].includes(components)) {
    throw new Refusal(`it has ${components} channels; convert it to PNG`);
  }
  const listed = (offset: number) =>
    Array.from({ length: components }, (_, i) => content[offset + 3 * i] ?? 0);
  const sampling = listed(7).map((both) => [both >> 4, both & 15] as const);
  if (sampling.flat().some((factor) => factor < 1 || factor > 4)) {
    throw new Refusal(`it is damaged (its sampling factors, ${sampling.map((both) => both.join('x')).join(', ')}, are not from 1 to 4)`); // prettier-ignore
  }
  const height = (content[1]! << 8) | content[2]!;
  if (height === 0) throw new Refusal('it says its height only after its pixels, which is not read; save it again'); // prettier-ignore
  return {
    height,
    width: (content[3]! << 8) | content[4]!,
    components,
    ids: listed(6),
    sampling: sampling.map((both) => both.join('x')).join(' '),
    progressive: marker === 0xc2,
  };
}

/** What is unusual about how a frame is stored, in words; undefined for baseline, extended and progressive frames. */
function unusualKind(marker: number): string | undefined {
  if (marker <= 0xc2) return undefined;
  if (marker === 0xc3) return 'lossless JPEG';
  if (marker >= 0xc9) return 'JPEG with arithmetic coding';
  return 'hierarchical JPEG (several frames)';
}
