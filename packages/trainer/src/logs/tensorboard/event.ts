import { Message } from '../../protobuf.js';

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
 * Encodes a `tensorflow.Event`; fields that are zero are left out.
 *
 * @see event.proto and summary.proto of TensorBoard.
 */
export function encodeEvent({ wallTime, step, fileVersion, scalars }: TensorboardEvent): Uint8Array {
  const event = new Message();
  if (wallTime !== 0) event.double(1, wallTime);
  if (step !== 0) event.integer(2, step);
  if (fileVersion !== undefined) event.text(3, fileVersion);
  if (scalars !== undefined) {
    const values = [...scalars].map(([tag, value]) => new Message().text(1, tag).float(2, value));
    event.message(5, new Message().messages(1, values));
  }
  return event.finish();
}
