/** One event of TensorBoard: the first of a file says its version, the others hold scalars. */
export interface TensorboardEvent {
  /** Seconds. */
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion?: string;
  /** By tag. */
  readonly scalars?: ReadonlyMap<string, number>;
}

/**
 * The bytes of a `tensorflow.Event` (event.proto, summary.proto) in the encoding of protocol buffers, version 3: fields in
 * order, those that are zero left out.
 */
export function encodeEvent({ wallTime, step, fileVersion, scalars }: TensorboardEvent): Uint8Array {
  return concat(
    wallTime === 0 ? [] : [key(1, FIXED64), float64(wallTime)],
    step === 0 ? [] : [key(2, VARINT), varint(step)],
    fileVersion === undefined ? [] : field(3, utf8(fileVersion)),
    scalars === undefined
      ? []
      : field(5, concat(...[...scalars].map(([tag, value]) => field(1, scalar(tag, value))))),
  );
}

/** `Summary.Value`: tag = 1, simple_value = 2. */
const scalar = (tag: string, value: number): Uint8Array =>
  concat(field(1, utf8(tag)), [key(2, FIXED32), float32(value)]);

const [VARINT, FIXED64, LENGTH, FIXED32] = [0, 1, 2, 5];

const key = (number: number, type: number): Uint8Array => varint(number * 8 + type);
const field = (number: number, bytes: Uint8Array): Uint8Array[] => [
  key(number, LENGTH),
  varint(bytes.length),
  bytes,
];

/** Seven bits a byte, the least first; the top bit says that more follow. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Uint8Array.of(...bytes, value);
}

function float64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}

function float32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const concat = (...parts: readonly (readonly Uint8Array[])[]): Uint8Array => Buffer.concat(parts.flat());
