import { Message } from '../../../protobuf.js';

/** A run as Weights & Biases has it. */
export interface WandbRun {
  readonly id: string;
  readonly project: string;
  readonly entity: string;
  readonly group: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly start: Date;
}

/** Numbers of an epoch, by name. */
export interface WandbStep {
  readonly step: number;
  readonly numbers: ReadonlyMap<string, number>;
}

/** Fields of `Record` in wandb_internal.proto, version 0.19 to 0.23 of wandb. */
const [HISTORY, SUMMARY, RUN, EXIT] = [2, 3, 17, 18] as const;

/**
 * Encodes a run: what it is, the numbers of every epoch, and, where it has ended, the numbers of the last epoch and whether it succeeded.
 *
 * @param ended Whether it finished; undefined while it is trained.
 * @see https://github.com/wandb/wandb/blob/main/wandb/proto/wandb_internal.proto
 */
export function wandbRecords(run: WandbRun, steps: readonly WandbStep[], ended?: boolean): Uint8Array[] {
  const bodies: (readonly [field: number, body: Message])[] = [
    [RUN, runOf(run)],
    ...steps.map((step) => [HISTORY, historyOf(step)] as const),
  ];
  const last = steps.at(-1);
  if (ended !== undefined) {
    if (last !== undefined) bodies.push([SUMMARY, new Message().messages(1, itemsOf(last.numbers))]);
    bodies.push([EXIT, new Message().integer(1, ended ? 0 : 1)]);
  }
  return bodies.map(([field, body], i) => new Message().integer(1, i).message(field, body).finish());
}

function runOf({ id, project, entity, group, name, tags, config, start }: WandbRun): Message {
  const seconds = new Message().integer(1, Math.floor(start.getTime() / 1000));
  return new Message()
    .text(1, id)
    .text(2, entity)
    .text(3, project)
    .message(4, new Message().messages(1, itemsOf(Object.entries(config))))
    .text(6, group)
    .text(8, name)
    .texts(10, tags)
    .message(17, seconds);
}

const historyOf = ({ step, numbers }: WandbStep): Message =>
  new Message()
    .messages(1, itemsOf([...numbers, ['_step', step], ['epoch', step]]))
    .message(2, new Message().integer(1, step));

/** Config, history and summary have the same items: a name and a value as JSON. */
const itemsOf = (named: Iterable<readonly [string, unknown]>): Message[] =>
  [...named]
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => new Message().text(1, key).text(16, JSON.stringify(value)));
