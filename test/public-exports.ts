import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@segloss/testing';
import ts from 'typescript';
import { readPackage } from './workspaces.js';

/** A function or class that a package exports. */
export interface PublicExport {
  readonly name: string;
  readonly documentation: string;
  /** The text of its `@example` tags; those of a class may stand at its members. */
  readonly example: string;
}

/** The source files behind `exports` of a package: `./dist/wasm.js` comes from `src/wasm.ts`. */
export function entryPoints(folder: string): string[] {
  return Object.keys(readPackage(folder).exports ?? {})
    .map((key) => (key === '.' ? 'index' : key.replace(/^\.\//, '')))
    .map((name) => join(root, folder, 'src', `${name}.ts`))
    .filter((path) => existsSync(path));
}

function compilerOptions(): ts.CompilerOptions {
  const path = join(root, 'tsconfig.json');
  const { config } = ts.readConfigFile(path, (file) => ts.sys.readFile(file)) as { config: unknown };
  return ts.parseJsonConfigFileContent(config, ts.sys, root).options;
}

/** For each folder, every function or class (or value that can be called) that its entry points export. */
export function publicExports(folders: readonly string[]): Map<string, PublicExport[]> {
  const entries = folders.flatMap(entryPoints);
  const program = ts.createProgram(entries, compilerOptions());
  const checker = program.getTypeChecker();
  const exportsOf = (path: string): PublicExport[] => {
    const source = program.getSourceFile(path);
    const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
    if (module === undefined) return []; // it exports nothing: imported for its side effect
    return checker.getExportsOfModule(module).flatMap((exported) => {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const declaration = symbol.valueDeclaration;
      if (declaration === undefined) return [];
      const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
      if (type.getCallSignatures().length + type.getConstructSignatures().length === 0) return [];
      const example = [symbol, ...(symbol.members?.values() ?? [])]
        .flatMap((documented) => documented.getJsDocTags(checker))
        .filter((tag) => tag.name === 'example')
        .map((tag) => ts.displayPartsToString(tag.text))
        .join('\n');
      const documentation = ts.displayPartsToString(symbol.getDocumentationComment(checker));
      return [{ name: exported.name, documentation, example }];
    });
  };
  return new Map(folders.map((folder) => [folder, entryPoints(folder).flatMap(exportsOf)]));
}
