import path from 'node:path';

/** A module's file and export in a longer text; a loss spec may hold several. */
const MODULE = /[^\s+*()=,[\]#]+\.[cm]?[jt]s(?:#[\w$]+)?(?=$|[\s+*(])/g;

/** The modules of the user's own that a loss spec names. */
export function modulesIn(spec: string): string[] {
  return spec.match(MODULE) ?? [];
}

/** The module that builds the model, if it is one: none or one. */
export function modulesOfModel({ model: { name } }: { readonly model: { readonly name: string } }): string[] {
  return modulesIn(name)[0] === name ? [name] : [];
}

/** The spec with each of its modules replaced. */
export function replaceModules(spec: string, replace: (module: string) => string): string {
  return spec.replace(MODULE, replace);
}

/** `./mine.mjs#name` as file and export; without a name the default export. */
export function splitModule(module: string): { file: string; exported: string } {
  const [, file, exported = 'default'] = /^(.*?)(?:#([\w$]+))?$/s.exec(module)!;
  return { file: file!, exported };
}

/** The same module, seen from another folder: `./a.ts` of `configs/` is `./configs/a.ts` of its parent. */
export function movedModule(module: string, from: string, to: string): string {
  if (from === to || path.isAbsolute(module)) return module;
  const relative = path.relative(to, path.resolve(from, module));
  return relative.startsWith('.') ? relative : `./${relative}`;
}
