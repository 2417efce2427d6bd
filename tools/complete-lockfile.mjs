// Adds to package-lock.json the packages of other platforms that npm left out because the registry in use did not
// offer them; `npm ci` refuses a lockfile without them. Run it after `npm install` if test/lockfile.test.ts asks.
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const { packages } = lock;

const spelled = { windows: 'win32', 64: 'x64' }; // where a name does not say it as Node does

/** The platform that a name such as `@rollup/rollup-linux-arm64-musl` stands for. */
function platformOf(name) {
  const [system, processor, libc] = name.replace(/^.*\/|(core|rollup|resolver-binding)-/g, '').split('-');
  const family = system === 'linux' && /^(musl|gnu)/.exec(libc ?? '')?.[0];
  return {
    cpu: [spelled[processor] ?? processor],
    ...(family && { libc: [family === 'musl' ? 'musl' : 'glibc'] }),
    os: [spelled[system] ?? system],
  };
}

let added = 0;
for (const [parent, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const places = [`${parent}/node_modules/${name}`, `node_modules/${name}`];
    if (places.some((place) => packages[place]?.version === version)) continue;
    if (!/^\d+\.\d+\.\d+$/.test(version)) continue; // a range is not for this script to resolve
    const place = packages[places[1]] === undefined ? places[1] : places[0];
    packages[place] = { version, ...platformOf(name), ...(entry.dev && { dev: true }), optional: true };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} packages of other platforms added`);
