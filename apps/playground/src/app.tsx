import { signal } from '@preact/signals';
import { Component, type ComponentChildren, type ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { DEFAULTS, notes, said, state, TAB_NAMES, TABS, update, type Tab } from './state/state.js';
import { toHash } from './state/hash.js';
import { CodeDialog } from './ui/code.js';
import { Problem } from './ui/controls.js';
import { CurveView } from './views/curve.js';

/** The other screens come when they are opened. */
const LATER: Readonly<Record<Exclude<Tab, 'curve'>, () => Promise<ComponentType>>> = {
  paint: async () => (await import('./views/paint.js')).PaintView,
  race: async () => (await import('./views/race/view.js')).RaceView,
  simplex: async () => (await import('./views/simplex.js')).SimplexView,
  masks: async () => (await import('./views/masks.js')).MasksView,
  train: async () => (await import('./views/train.js')).TrainView,
  card: async () => (await import('./views/card.js')).CardView,
};
const loaded = signal<Partial<Record<Tab, ComponentType>>>({ curve: CurveView });

/** The whole page. */
export function App() {
  const { tab } = state.value;
  const [code, setCode] = useState(false);
  useEffect(() => {
    const load = tab === 'curve' ? undefined : LATER[tab];
    if (load === undefined || loaded.value[tab] !== undefined) return;
    load().then(
      (view) => (loaded.value = { ...loaded.value, [tab]: view }),
      () =>
        (notes.value = [
          'This screen could not be loaded. Are you offline? Reload the page when you are back.',
        ]),
    );
  }, [tab]);
  const View = loaded.value[tab];
  return (
    <>
      <header>
        <a class="brand" href="../index.html">
          <img src="./favicon.svg" alt="" width="26" height="26" />
          <span>
            segloss <span class="quiet">playground</span>
          </span>
        </a>
        <Tabs />
        <nav class="actions" aria-label="This screen">
          <Share />
          <button type="button" onClick={() => setCode(true)}>
            Code
          </button>
        </nav>
      </header>
      {notes.value.length > 0 && (
        <div class="banner" role="status" id="notes">
          <div>
            {notes.value.map((note) => (
              <p key={note}>{note}</p>
            ))}
          </div>
          <button type="button" class="quiet-button" onClick={() => (notes.value = [])}>
            Dismiss
          </button>
        </div>
      )}
      <main id="screen" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        <h1 class="only-read">{TAB_NAMES[tab]}</h1>
        {View === undefined ? (
          <p class="boot">Loading …</p>
        ) : (
          <Fallible key={tab}>
            <View />
          </Fallible>
        )}
      </main>
      <p class="only-read" aria-live="polite" id="said">
        {said.value}
      </p>
      <CodeDialog open={code} onClose={() => setCode(false)} />
    </>
  );
}

/** Shows what went wrong instead of what it holds, where that cannot be drawn: the rest of the page stays. */
class Fallible extends Component<{ children: ComponentChildren }, { problem: string | undefined }> {
  override state: { problem: string | undefined } = { problem: undefined };
  override componentDidCatch(error: Error) {
    this.setState({ problem: error.message });
  }
  render() {
    const { problem } = this.state;
    if (problem === undefined) return this.props.children;
    const begin = () => {
      state.value = { ...DEFAULTS, tab: state.value.tab };
      this.setState({ problem: undefined });
    };
    return (
      <div class="results boot">
        <Problem>{`This screen cannot be drawn: ${problem}.`}</Problem>
        <p>
          <button type="button" onClick={begin}>
            Start with the defaults
          </button>
        </p>
      </div>
    );
  }
}

/** Scrolls a list so far that all of one of its children is seen. */
function reveal(list: HTMLElement, child: HTMLElement): void {
  const [a, b] = [list.getBoundingClientRect(), child.getBoundingClientRect()];
  if (b.left < a.left) list.scrollLeft -= Math.ceil(a.left - b.left);
  else if (b.right > a.right) list.scrollLeft += Math.ceil(b.right - a.right);
}

function Tabs() {
  const { tab } = state.value;
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const show = () => reveal(list.current!, document.getElementById(`tab-${tab}`)!);
    const observer = new ResizeObserver(show); // calls at once, too
    observer.observe(list.current!);
    return () => observer.disconnect();
  }, [tab]);
  const go = (next: Tab, focus = false) => {
    update({ tab: next });
    if (focus) document.getElementById(`tab-${next}`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = TABS.indexOf(tab);
    const last = TABS.length - 1;
    const next = {
      ArrowRight: at === last ? 0 : at + 1,
      ArrowLeft: at === 0 ? last : at - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    go(TABS[next]!, true);
  };
  return (
    <div ref={list} class="tabs" role="tablist" aria-label="Screens" onKeyDown={onKeyDown}>
      {TABS.map((one) => (
        <button
          key={one}
          id={`tab-${one}`}
          role="tab"
          type="button"
          aria-selected={one === tab}
          aria-controls="screen"
          tabIndex={one === tab ? 0 : -1}
          onClick={() => go(one)}
        >
          {TAB_NAMES[one]}
        </button>
      ))}
    </div>
  );
}

function Share() {
  const [text, setText] = useState('Share');
  const share = async () => {
    const url = `${location.href.split('#')[0]}${toHash(state.value)}`;
    try {
      await navigator.clipboard.writeText(url);
      setText('Link copied');
    } catch {
      setText('Copy the address');
    }
    setTimeout(() => setText('Share'), 2500);
  };
  return (
    <button type="button" onClick={() => void share()}>
      {text}
    </button>
  );
}
