// Keeps every file of the page, so that it works offline. Built by vite.config.ts, which fills in the names of the files.

/** What this file uses of a service worker; TypeScript's own types of it do not go together with those of a page. */
interface ServiceWorkerEvent extends Event {
  readonly request: Request;
  waitUntil(work: Promise<unknown>): void;
  respondWith(response: Promise<Response>): void;
}
interface ServiceWorkerScope {
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: string, listener: (event: ServiceWorkerEvent) => void): void;
}

/** Addresses of all files, relative to this one, and a hash of them. */
declare const FILES: readonly string[];
declare const VERSION: string;

const PREFIX = 'playground-';
const CACHE = PREFIX + VERSION;
const PAGE = './index.html';
const scope = globalThis as unknown as ServiceWorkerScope;

scope.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...FILES])));
});

// A new version waits until no page of the old one is open, and then removes its files.
scope.addEventListener('activate', (event) => {
  const old = async () => (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  event.waitUntil(
    old()
      .then((names) => Promise.all(names.map((name) => caches.delete(name))))
      .then(() => scope.clients.claim()),
  );
});

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  event.respondWith(answer(request));
});

/** The page comes from the network while there is one, so that it is never old; its files have hashes in their names. */
async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  if (request.mode === 'navigate') {
    const page = await fetch(request).catch(() => cache.match(PAGE));
    return page === undefined ? Response.error() : isolated(page);
  }
  return isolated((await cache.match(request)) ?? (await fetch(request)));
}

/** With the headers that give wasm its threads: hosts of static files, such as GitHub Pages, cannot send them. */
function isolated(response: Response): Response {
  if (response.type === 'opaque' || response.redirected || response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  const { status, statusText, body } = response;
  return new Response(body, { status, statusText, headers });
}
