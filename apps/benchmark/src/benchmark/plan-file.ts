import { closeSync, openSync, readSync } from 'node:fs';
import path from 'node:path';

import { parseConfig, RunError, type LoadedConfig } from '@segloss/trainer';

import { FILES, type PlanLine } from './plan.js';

/** A cell as a line of a plan has it: what is needed to train it. */
export interface CellOfPlan {
  readonly id: string;
  readonly name: string;
  readonly loaded: LoadedConfig;
}

const CHUNK = 2 ** 20;
const NEWLINE = 10;

/** A `plan.jsonl`, of which single lines are read: it may have many thousands. */
export class PlanFile {
  /** Where each line starts, and where the file ends. */
  private constructor(
    readonly file: string,
    private readonly starts: readonly number[],
  ) {}

  /** @throws {RunError} If the file cannot be read. */
  static open(file: string): PlanFile {
    return reading(file, (handle) => {
      const starts = [0];
      const chunk = Buffer.alloc(CHUNK);
      for (let at = 0, count = 0; (count = readSync(handle, chunk, 0, CHUNK, at)) > 0; at += count) {
        const part = chunk.subarray(0, count);
        for (let i = part.indexOf(NEWLINE); i >= 0; i = part.indexOf(NEWLINE, i + 1)) starts.push(at + i + 1);
      }
      return new PlanFile(file, starts);
    });
  }

  get length(): number {
    return this.starts.length - 1;
  }

  /**
   * Reads a line. The runs go next to the file, wherever it was moved.
   *
   * @throws {RunError} If there is no such line, or it is not one of a plan.
   */
  read(index: number): CellOfPlan {
    const { file } = this;
    const { id, name, config, origin, folder } = this.line(index);
    const out = path.join(path.dirname(path.resolve(file)), FILES.runs);
    return {
      ...{ id, name },
      loaded: { config: parseConfig({ ...config, out }), origin, folder, file: path.resolve(file) },
    };
  }

  /** The line of a run; undefined if there is none. @param hint Where it probably is. */
  indexOf(id: string, hint: number): number | undefined {
    if (hint < this.length && this.line(hint).id === id) return hint;
    for (let index = 0; index < this.length; index++) if (this.line(index).id === id) return index;
    return undefined;
  }

  private line(index: number): PlanLine {
    const { file, starts, length } = this;
    if (!(index >= 0 && index < length)) {
      throw new RunError(`${file}: wanted an index from 0 to ${length - 1}, got ${index}`, 'bad-plan');
    }
    const [start, end] = [starts[index]!, starts[index + 1]!];
    const text = reading(file, (handle) => {
      const bytes = Buffer.alloc(end - start);
      readSync(handle, bytes, 0, bytes.length, start);
      return bytes.toString();
    });
    const line = parse(text);
    if (line?.schemaVersion === 1) return line as PlanLine;
    const got =
      line === undefined ? text.slice(0, 40) : `schemaVersion ${JSON.stringify(line.schemaVersion)}`;
    throw new RunError(
      `${file}: wanted a run with schemaVersion 1 in line ${index}, got ${got}; write the plan again: segloss benchmark`,
      'bad-plan',
    );
  }
}

function parse(text: string): Partial<PlanLine> | undefined {
  try {
    return (JSON.parse(text) ?? undefined) as Partial<PlanLine> | undefined;
  } catch {
    return undefined;
  }
}

function reading<T>(file: string, use: (handle: number) => T): T {
  try {
    const handle = openSync(file, 'r');
    try {
      return use(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (error instanceof RunError) throw error;
    throw new RunError(`cannot read the plan ${file}: ${(error as Error).message}`, 'bad-plan', {
      cause: error,
    });
  }
}

/** Reads one line of a plan: see {@link PlanFile}. */
export const readPlan = (file: string, index: number): CellOfPlan => PlanFile.open(file).read(index);
