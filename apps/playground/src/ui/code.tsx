import { useEffect, useRef, useState } from 'preact/hooks';

import { codeOf } from '../state/code.js';
import { state, type State } from '../state/state.js';
import { Problem } from './controls.js';

/** The state of the page as code that runs. */
export function CodeDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current!;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }, [open]);
  return (
    <dialog ref={ref} class="code-dialog" aria-labelledby="code-title" onClose={onClose}>
      <div class="dialog-head">
        <h2 id="code-title">This screen as code</h2>
        <button type="button" class="quiet-button" onClick={onClose}>
          Close
        </button>
      </div>
      {open && <Snippets />}
    </dialog>
  );
}

function Snippets() {
  const code = codeOrReason(state.value);
  if (code instanceof Error) return <Problem>{`There is no code of this: ${code.message}.`}</Problem>;
  return (
    <>
      <Snippet name="TypeScript" code={code.typescript} id="code-ts" />
      <Snippet name="run.yaml, for segloss train -c run.yaml" code={code.yaml} id="code-yaml" />
    </>
  );
}

/** The code, or what is wrong with a spec that was typed. */
function codeOrReason(of: State): ReturnType<typeof codeOf> | Error {
  try {
    return codeOf(of);
  } catch (error) {
    return error as Error;
  }
}

function Snippet({ name, code, id }: { name: string; code: string; id: string }) {
  const [copied, setCopied] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code);
      setCopied('Copied.');
    } catch {
      setCopied('Select the text to copy it.');
    }
    setTimeout(() => setCopied(''), 3000);
  };
  return (
    <section class="snippet">
      <div class="snippet-head">
        <h3>{name}</h3>
        <span role="status">{copied}</span>
        <button type="button" onClick={() => void copy()}>
          Copy
        </button>
      </div>
      <pre tabIndex={0}>
        <code id={id}>{code}</code>
      </pre>
    </section>
  );
}
