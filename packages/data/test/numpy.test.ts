// Files that NumPy wrote (fixtures/write_arrays.py), and damaged ones.
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from '@jest/globals';
import { DataError, readNumpy } from '@segloss/data';

import { removeAfterAll, temporaryFolder } from './files.js';
import fixtures from './fixtures/arrays.json';

interface Fixture {
  readonly file: string;
  readonly shape?: readonly number[];
  readonly values?: readonly number[];
}
const files = fixtures as Readonly<Record<string, Fixture>>;
const bytesOf = (name: string): Buffer => Buffer.from(files[name]!.file, 'base64');

let path: string;
let put: (path: string, bytes: Uint8Array | string) => Promise<string>;
beforeAll(async () => ({ path, put } = await temporaryFolder()));
removeAfterAll(() => path);

let n = 0;
const read = async (bytes: Uint8Array, options = {}) => readNumpy(await put(`${n++}.npz`, bytes), options);

describe('readNumpy', () => {
  const readable = Object.entries(files).filter(([, { values }]) => values !== undefined);
  it.each(readable)('reads the values of NumPy: %s', async (name, { shape, values }) => {
    const array = await read(bytesOf(name));
    expect(array.shape).toEqual(shape);
    expect(Array.from(array.values)).toEqual(values);
  });

  it('reads the array that is named', async () => {
    const { values } = await read(bytesOf('two arrays'), { keys: ['b'] });
    expect(values).toHaveLength(24);
  });

  const damaged = (name: string, change: (bytes: Buffer) => Buffer | void) => {
    const bytes = Buffer.from(bytesOf(name));
    return change(bytes) ?? bytes;
  };
  it.each<[string, Buffer, string]>([
    ['two arrays', bytesOf('two arrays'), 'wanted one array, or one called probabilities or softmax, got a, b'],
    ['objects', bytesOf('objects'), 'it holds the type |O'],
    ['records', bytesOf('records'), 'it holds records'],
    ['complex numbers', bytesOf('complex'), 'it holds the type <c8'],
    ['an array cut short', bytesOf('float32').subarray(0, 180), 'it is damaged or cut short'],
    ['a longer array', Buffer.concat([bytesOf('float32'), Buffer.alloc(4)]), 'it is damaged or cut short'],
    ['an archive cut short', bytesOf('nnU-Net, version 2').subarray(0, 150), 'its end is missing'],
    ['a changed byte', damaged('not packed, an array of any name', (bytes) => void (bytes[200]! ^= 1)), 'its checksum differs'],
    ['a changed packed byte', damaged('nnU-Net, version 2', (bytes) => void (bytes[90]! ^= 64)), 'is damaged'],
    ['a huge claim', damaged('float32', (bytes) => Buffer.from(bytes.toString('latin1').replace('(2, 3, 4)', '(9999999, 9999999, 4)'), 'latin1')), 'at most 512 million are read'],
    ['text', Buffer.from('0.1 0.2'), 'it is no NumPy array by its first bytes; convert it to .npy'],
  ])('refuses %s', async (_, bytes, message) => {
    const error = await read(bytes).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ code: 'unreadable', message: expect.stringContaining(message) });
    expect((error as Error).message).toContain(join(path, `${n - 1}.npz`));
  }); // prettier-ignore

  it('unpacks no more than the archive claims', async () => {
    const bytes = damaged('nnU-Net, version 2', (all) => {
      const at = all.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
      all.writeUInt32LE(20, at + 24); // the size in the directory, smaller than the array
    });
    await expect(read(bytes)).rejects.toThrow(/probabilities\.npy in it is damaged/);
  });
});
