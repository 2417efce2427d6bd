export { cocoMask, type CocoAnnotation, type CocoOptions } from './mask.js';
export { decodeRle, encodeRle, type Rle } from './rle.js';
