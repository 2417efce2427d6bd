import { useState } from 'preact/hooks';

import type { ChosenFolder } from '../core/analyze-request.js';
import { droppedFolder, folderOf } from './folders.js';

interface DropProps {
  readonly label: string;
  readonly id: string;
  readonly chosen: readonly ChosenFolder[];
  readonly onFolder: (folder: ChosenFolder) => void;
  readonly onProblem: (message: string) => void;
  readonly onClear: () => void;
}

/** A place for a folder: chosen by a button, or dropped. */
export function Drop({ label, id, chosen, onFolder, onProblem, onClear }: DropProps) {
  const [over, setOver] = useState(false);
  return (
    <div
      class={`drop ${over ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        droppedFolder(event.dataTransfer!.items).then(
          (folder) => (folder ? onFolder(folder) : onProblem('No file was dropped.')),
          (error: Error) => onProblem(error.message),
        );
      }}
    >
      <strong>{label}</strong>
      {chosen.map(({ name, files }, i) => (
        <span key={i}>
          {name}: {files.size} {files.size === 1 ? 'file' : 'files'}
        </span>
      ))}
      <span class="run-bar">
        <label class="button">
          Choose a folder …
          <input
            type="file"
            id={id}
            class="only-read"
            // @ts-expect-error -- not in the types of Preact
            webkitdirectory
            multiple
            onChange={(event) => {
              const folder = folderOf(event.currentTarget.files!);
              if (folder) onFolder(folder);
              event.currentTarget.value = '';
            }}
          />
        </label>
        {chosen.length > 0 && (
          <button type="button" class="quiet-button" onClick={onClear}>
            Clear
          </button>
        )}
      </span>
      <small>or drop it here</small>
    </div>
  );
}
