// `node tools/site/serve.mjs FOLDER [PORT] [--no-isolation]`: serves a folder, with the headers that isolate a page, so that wasm may have
// threads, or without them, as most hosts of static files do.
import { createReadStream, existsSync, realpathSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
  '.xml': 'application/xml',
  '.woff2': 'font/woff2',
};

/**
 * Starts a server of a folder on this machine; port 0 takes a free one. `isolated: false` leaves the headers out; `base` is the address of the
 * folder on its host, `/` or `/name/`.
 */
export function serve(folder, { port = 0, isolated = true, base = '/' } = {}) {
  const root = realpathSync(folder);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    let path;
    try {
      const below = pathname.startsWith(base) ? pathname.slice(base.length) : 'outside of the base';
      path = normalize(join(root, decodeURIComponent(below)));
    } catch {
      response.writeHead(400).end('a path that cannot be read');
      return;
    }
    const inside = path === root || path.startsWith(root + sep);
    const found = [path, join(path, 'index.html'), `${path}.html`].find(
      (one) => inside && existsSync(one) && statSync(one).isFile(),
    );
    const headers = isolated
      ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
      : {};
    if (found === undefined) {
      response.writeHead(404, headers).end('not found');
      return;
    }
    response.writeHead(200, {
      ...headers,
      'Content-Type': TYPES[extname(found)] ?? 'application/octet-stream',
    });
    createReadStream(found).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${server.address().port}`,
        close: () => new Promise((done) => server.close(done).closeAllConnections()),
      }),
    );
  });
}

if (process.argv[1] && import.meta.url === new URL(`file://${realpathSync(process.argv[1])}`).href) {
  const isolated = !process.argv.includes('--no-isolation');
  const [folder = 'site', port = '4173'] = process.argv.slice(2).filter((one) => !one.startsWith('--'));
  const { url } = await serve(folder, { port: Number(port), isolated });
  console.log(`${folder} is served at ${url}`);
}
