import type { ChosenFolder } from '../core/analyze-request.js';

/** More files than this are no folder of masks that a page reads. */
const MOST_FILES = 20_000;

/** The folder of an input with `webkitdirectory`. */
export function folderOf(files: FileList): ChosenFolder | undefined {
  const all = [...files];
  const first = all[0];
  if (first === undefined) return undefined;
  const paths = all.map((file) => [file.webkitRelativePath || file.name, file] as const);
  const name = paths[0]![0].includes('/') ? paths[0]![0].split('/')[0]! : 'files';
  return { name, files: new Map(paths.map(([path, file]) => [path.replace(/^[^/]*\//, ''), file])) };
}

/** The folder, or the files, that were dropped. @throws {RangeError} If there are too many. */
export async function droppedFolder(items: DataTransferItemList): Promise<ChosenFolder | undefined> {
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const files = new Map<string, File>();
  const visit = async (entry: FileSystemEntry, path: string): Promise<void> => {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) =>
        (entry as FileSystemFileEntry).file(resolve, reject),
      );
      files.set(path, file);
      if (files.size > MOST_FILES)
        throw new RangeError(`wanted at most ${MOST_FILES} files, got more; use the command segloss analyze`);
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    // A reader gives a hundred entries at a time.
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
        reader.readEntries(resolve, reject),
      );
      if (some.length === 0) return;
      for (const one of some) await visit(one, path === '' ? one.name : `${path}/${one.name}`);
    }
  };
  const [only] = entries;
  const isFolder = entries.length === 1 && only!.isDirectory;
  for (const entry of entries) await visit(entry, isFolder ? '' : entry.name);
  return files.size === 0 ? undefined : { name: isFolder ? only!.name : 'files', files };
}
