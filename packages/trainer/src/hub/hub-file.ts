import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';

import { firstLine, importOptional, MissingPackageError } from '../backend/packages.js';
import { CachedRepository, describeReference, hubCache } from './cache.js';
import { download, isIntact, type Announced } from './download.js';
import { HubError } from './hub-error.js';
import { type HubReference } from './reference.js';

/** What we use of `@huggingface/hub`. */
interface Hub {
  modelInfo(request: { name: string; revision: string; additionalFields: ['sha'] } & Access): Promise<{ sha: string }>; // prettier-ignore
  listFiles(request: { repo: string; revision: string; recursive: true } & Access): AsyncIterable<ListedFile>;
}

interface Access {
  hubUrl: string;
  accessToken?: string;
}

interface ListedFile {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly oid?: string;
  readonly lfs?: { readonly oid: string; readonly size: number };
}

/** A file of a hub on this machine. */
export interface HubFile {
  readonly path: string;
  /** With the commit and the name of the file. */
  readonly reference: Required<HubReference>;
  /** Path of `config.json` or `preprocessor_config.json` of the same commit, if the repository has one. */
  readonly description?: string | undefined;
}

/** Files that say what images a network expects, by timm and by transformers. */
const DESCRIPTIONS = ['config.json', 'preprocessor_config.json'];
const DEFAULT_FILE = 'model.safetensors';
const DEFAULT_HUB = 'https://huggingface.co';

const under = new Map<string, Promise<HubFile>>();

/**
 * Finds a file of a hub in the cache, or downloads it there and checks its hash. `HF_ENDPOINT`, `HF_TOKEN` and `HF_HUB_OFFLINE` count.
 *
 * @param say Receives a sentence before and after a download.
 * @throws {HubError} If it is not in the cache and cannot be downloaded; the message says how to fetch it by hand.
 */
export function hubFile(reference: HubReference, say: (text: string) => void): Promise<HubFile> {
  const key = `${hubCache()} ${describeReference(reference)}`;
  const found = under.get(key) ?? findOrDownload(reference, say).finally(() => under.delete(key));
  under.set(key, found);
  return found;
}

async function findOrDownload(reference: HubReference, say: (text: string) => void): Promise<HubFile> {
  const cached = new CachedRepository(reference.repository);
  const here = await inCache(cached, reference, say);
  if (here !== undefined) return here;
  if (/^(1|true|yes|on)$/i.test(process.env['HF_HUB_OFFLINE'] ?? '')) {
    throw new HubError(`${describeReference(reference)} is not in ${cached.folder}, and HF_HUB_OFFLINE is set; unset it, or ${byHand(reference)}`, 'offline'); // prettier-ignore
  }
  try {
    return await fetchFile(cached, reference, say);
  } catch (error) {
    throw asHubError(error, reference, cached.folder);
  }
}

/** The file in the cache, where its bytes are what they were. */
async function inCache(
  cached: CachedRepository,
  { repository, revision, file: given }: HubReference,
  say: (text: string) => void,
): Promise<HubFile | undefined> {
  const commit = cached.commitOf(revision);
  if (commit === undefined) return undefined;
  const names = cached.weightsAt(commit);
  const file = given ?? (names.includes(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
  const found = file === undefined ? undefined : cached.find(commit, file);
  if (found === undefined) return undefined;
  const hash = cached.hashOf(found);
  if (hash !== undefined && !(await isIntact(found, hash))) {
    say(`${found} is damaged: it is downloaded again`);
    rmSync(cached.blob(hash));
    return undefined;
  }
  const description = DESCRIPTIONS.flatMap((name) => cached.find(commit, name) ?? [])[0];
  return { path: found, reference: { repository, revision: commit, file: file! }, description };
}

async function fetchFile(
  cached: CachedRepository,
  reference: HubReference,
  say: (text: string) => void,
): Promise<HubFile> {
  const { modelInfo, listFiles } = await importHub();
  const { repository, revision } = reference;
  const token = process.env['HF_TOKEN'];
  const access: Access = { hubUrl: hubUrl(), ...(token && { accessToken: token }) };
  const { sha: commit } = await modelInfo({
    name: repository,
    revision,
    additionalFields: ['sha'],
    ...access,
  });
  const files: ListedFile[] = [];
  for await (const one of listFiles({ repo: repository, revision: commit, recursive: true, ...access })) {
    if (one.type === 'file') files.push(one);
  }
  const file = chooseFile(files, reference);
  const get = async (name: string): Promise<string | undefined> => {
    const listed = files.find((one) => one.path === name);
    if (listed === undefined) return undefined;
    const announced = announcedOf(listed);
    const blob = cached.blob(announced.hash);
    if (!existsSync(blob) || !(await isIntact(blob, announced.hash))) {
      const url = `${hubUrl()}/${repository}/resolve/${commit}/${name}`;
      const size = `${(announced.size / 1e6).toFixed(1)} MB`;
      if (name === file) say(`downloads ${repository}/${name} (${size}) to ${cached.folder}`);
      const before = await download(url, blob, announced, token ? { authorization: `Bearer ${token}` } : {});
      if (before > 0) say(`resumed the download of ${name} after ${before} of ${announced.size} bytes`);
    }
    return cached.link({ revision, commit, file: name }, announced.hash);
  };
  const descriptions = [];
  for (const name of DESCRIPTIONS) descriptions.push(await get(name));
  const found = (await get(file))!;
  return {
    path: found,
    reference: { repository, revision: commit, file },
    description: descriptions.find((one) => one !== undefined),
  };
}

async function importHub(): Promise<Hub> {
  try {
    return await importOptional<Hub>('@huggingface/hub');
  } catch (error) {
    if (!(error instanceof MissingPackageError)) throw error;
    throw new HubError(`${error.message}; npm install @huggingface/hub`, 'failed', { cause: error });
  }
}

function chooseFile(files: readonly ListedFile[], reference: HubReference): string {
  const weights = files.map((one) => one.path).filter((name) => name.endsWith('.safetensors'));
  const listed = weights.length === 0 ? 'none' : weights.join(', ');
  if (reference.file !== undefined) {
    if (weights.includes(reference.file)) return reference.file;
    throw new HubError(`${describeReference(reference)}: there is no such file; .safetensors files there: ${listed}`, 'not-found'); // prettier-ignore
  }
  if (weights.includes(DEFAULT_FILE)) return DEFAULT_FILE;
  if (weights.length === 1) return weights[0]!;
  const what = `${describeReference(reference)}: wanted ${DEFAULT_FILE} or one .safetensors file, found ${listed}`;
  if (weights.length === 0) throw new HubError(`${what}; choose another repository`, 'not-found');
  throw new HubError(`${what}; name one, as in hf:${reference.repository}/${weights[0]}`, 'ambiguous');
}

function announcedOf({ path: name, size, oid, lfs }: ListedFile): Announced {
  const hash = lfs?.oid ?? oid;
  if (hash === undefined || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hash)) {
    throw new HubError(`the hub gave no hash of ${name}, so that its bytes cannot be checked`, 'failed');
  }
  return { size: lfs?.size ?? size, hash };
}

const hubUrl = (): string => (process.env['HF_ENDPOINT'] || DEFAULT_HUB).replace(/\/+$/, '');

/** What a person without a connection can do. */
function byHand({ repository, revision, file = DEFAULT_FILE }: HubReference): string {
  const url = `${hubUrl()}/${repository}/resolve/${revision}/${file}`;
  return `fetch ${url} on a machine with a connection, copy it here, and set model.encoderWeights to ./${path.basename(file)} (and data.normalize to the mean and std of those weights)`;
}

function asHubError(error: unknown, reference: HubReference, folder: string): unknown {
  if (error instanceof HubError) return error;
  const { statusCode, message } = error as { statusCode?: number; message: string };
  const what = describeReference(reference);
  if (statusCode === 401 || statusCode === 403 || statusCode === 404) {
    return new HubError(`${what}: the hub ${hubUrl()} shows no such repository or revision (${statusCode}); check the name, and set HF_TOKEN if it is private`, 'not-found', { cause: error }); // prettier-ignore
  }
  if (statusCode !== undefined) return new HubError(`${what}: the hub answered ${firstLine(message)}; try again later`, 'failed', { cause: error }); // prettier-ignore
  if (message !== 'fetch failed') return error; // what fetch calls all errors of the network
  const cause = (error as Error).cause as { code?: string; message?: string } | undefined;
  const reason = cause?.code ?? cause?.message ?? message;
  return new HubError(`${what} is not in ${folder}, and ${hubUrl()} cannot be reached (${reason}); check the connection, or ${byHand(reference)}`, 'offline', { cause: error }); // prettier-ignore
}
