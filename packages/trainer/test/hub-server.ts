// A hub on the loopback: the three routes that a download uses, with the hashes of the files that a test gives it.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

export interface TestHub {
  readonly url: string;
  /** `METHOD path range` of every request. */
  readonly requests: string[];
  /** Files of the repository `test/net` at each commit. */
  readonly commits: Map<string, Map<string, Uint8Array>>;
  /** The commit of `main`. */
  main: string;
  /** Sends this many bytes of a file of weights, and the others never. */
  cutAfter: number | undefined;
  /** Closes the connection that waits. */
  cut: () => void;
  /** Changes what is sent, and not what is announced. */
  tamper: boolean;
  close(): Promise<void>;
}

/** Starts a hub with one repository. */
export async function startHub(main: string, files: Record<string, Uint8Array>): Promise<TestHub> {
  const hub = {
    requests: [] as string[],
    commits: new Map([[main, new Map(Object.entries(files))]]),
    main,
    cutAfter: undefined as number | undefined,
    cut: () => undefined as void,
    tamper: false,
  };
  const server = createServer((request, response) => answer(hub, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return Object.assign(hub, { url, close });
}

type State = Omit<TestHub, 'url' | 'close'>;

function answer(hub: State, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, 'http://hub');
  const range = request.headers.range;
  hub.requests.push([request.method, url.pathname, range].filter(Boolean).join(' '));
  const send = (status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const [, revision] = /^\/api\/models\/test\/net\/revision\/([^/]+)$/.exec(url.pathname) ?? [];
  if (revision !== undefined) {
    const sha = revision === 'main' ? hub.main : revision;
    if (!hub.commits.has(sha)) return void send(404, { error: 'Revision not found' });
    return void send(200, { _id: '1', id: 'test/net', sha, lastModified: '2026-01-01T00:00:00Z' });
  }
  const [, tree] = /^\/api\/models\/test\/net\/tree\/([^/]+)$/.exec(url.pathname) ?? [];
  const listed = tree === undefined ? undefined : hub.commits.get(tree);
  if (listed !== undefined)
    return void send(
      200,
      [...listed].map(([path, bytes]) => entry(path, bytes)),
    );
  const [, commit, path] = /^\/(?:cdn|test\/net\/resolve)\/([^/]+)\/(.+)$/.exec(url.pathname) ?? [];
  const bytes = commit === undefined ? undefined : hub.commits.get(commit)?.get(path!);
  if (bytes === undefined) return void send(404, { error: 'Repository not found' });
  if (!url.pathname.startsWith('/cdn')) {
    return void response.writeHead(302, { location: `/cdn/${commit}/${path}` }).end();
  }
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  const sent = hub.tamper ? bytes.map((byte) => byte ^ 1) : bytes;
  const headers = { 'content-length': bytes.length - from, 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }; // prettier-ignore
  response.writeHead(from > 0 ? 206 : 200, headers);
  if (hub.cutAfter === undefined || !path!.endsWith('.safetensors')) {
    return void response.end(sent.subarray(from));
  }
  response.write(sent.subarray(from, from + hub.cutAfter));
  hub.cut = () => void response.destroy();
}

/** As a hub lists files: large ones (here all weights) by the SHA-256 of Git LFS, others by Git's own hash. */
function entry(path: string, bytes: Uint8Array) {
  const git = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  const lfs = { oid: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, pointerSize: 134 };
  return { type: 'file', path, size: bytes.length, oid: git, ...(path.endsWith('.safetensors') && { lfs }) };
}
