import { Refusal } from '../errors.js';
import { type Inflate } from './raw-pixels.js';

/** What decodes JPEG, with its version: part of the identity of data sets that hold JPEG files, as other decoders round otherwise. */
export const JPEG_DECODER = '@cornerstonejs/codec-libjpeg-turbo-8bit 1.2.8';

/** Pixels as they are stored, not turned. */
export interface StoredPixels {
  readonly width: number;
  readonly height: number;
  /** Gray or red, green, blue. */
  readonly values: Uint8Array;
}

/** What the wasm module offers. */
interface Codec {
  readonly HEAPU8: Uint8Array;
  readonly JPEGDecoder: new () => {
    getEncodedBuffer(length: number): Uint8Array;
    /** Throws a number if anything about the file is not as it should be. */
    decode(): void;
    getDecodedBuffer(): Uint8ClampedArray<ArrayBuffer>;
    getFrameInfo(): { width: number; height: number };
    delete(): void;
  };
}

/** Memory that is kept between files; what a refused file needed stays in it. */
const MAX_KEPT_BYTES = 2 ** 28;

let compiled: Promise<WebAssembly.Module> | undefined;
let codec: Promise<Codec> | undefined;

/**
 * Decodes a gray or color JPEG of 8 bits with libjpeg-turbo, to the values that Pillow gives.
 *
 * @throws {Refusal} If the file is truncated or damaged, or WebAssembly cannot be used.
 */
export async function decodeWithLibjpegTurbo(bytes: Uint8Array, inflate: Inflate): Promise<StoredPixels> {
  codec ??= start(inflate);
  const started = await codec;
  const decoder = new started.JPEGDecoder();
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const { width, height } = decoder.getFrameInfo();
    return { width, height, values: new Uint8Array(decoder.getDecodedBuffer().buffer) };
  } catch (error) {
    // A refused file costs memory only, which is given back below; after any other error nothing is certain.
    if (typeof error === 'number') throw new Refusal(causeOf(bytes));
    codec = undefined;
    throw error;
  } finally {
    decoder.delete();
    if (started.HEAPU8.length > MAX_KEPT_BYTES) codec = undefined;
  }
}

/** Starts the decoder with a memory of its own. */
async function start(inflate: Inflate): Promise<Codec> {
  try {
    compiled ??= compile(inflate);
    const module = await compiled;
    const { start } = await import('../generated/libjpeg-turbo.js');
    const instantiateWasm = async (imports: WebAssembly.Imports, receive: (instance: WebAssembly.Instance) => unknown) =>
      receive(await WebAssembly.instantiate(module, imports)); // prettier-ignore
    return (await start({ instantiateWasm })) as Codec;
  } catch (error) {
    compiled = codec = undefined;
    throw new Refusal(`the JPEG decoder needs WebAssembly, and cannot be started (${(error as Error).message}); convert it to PNG`); // prettier-ignore
  }
}

/** Compiles the decoder: once for each thread. */
async function compile(inflate: Inflate): Promise<WebAssembly.Module> {
  const { WASM_BYTES, WASM_DEFLATED_BASE64 } = await import('../generated/libjpeg-turbo.js');
  const packed = Uint8Array.from(atob(WASM_DEFLATED_BASE64), (character) => character.charCodeAt(0));
  const bytes = await inflate(packed, WASM_BYTES);
  return WebAssembly.compile(new Uint8Array(bytes));
}

/** Why libjpeg-turbo refuses a file. */
function causeOf(bytes: Uint8Array): string {
  return endsAfter(bytes, bytes.lastIndexOf(0xda))
    ? 'it is damaged (bytes of its pixels are missing, changed or too many); copy or export it again'
    : 'it is damaged (it is cut off: its end marker is missing); copy or download it again';
}

/** Whether there is an end marker behind the last scan, whose marker ends with 0xda, as may some of its pixels. */
function endsAfter(bytes: Uint8Array, start: number): boolean {
  let at = bytes.indexOf(0xff, start);
  while (at !== -1 && bytes[at + 1] !== 0xd9) at = bytes.indexOf(0xff, at + 1);
  return at !== -1;
}
