import { effect } from '@preact/signals';
import { render } from 'preact';

import { App } from './app.js';
import { keepOffline } from './offline/register.js';
import { fromHash, toHash } from './state/hash.js';
import { notes, state } from './state/state.js';
import './style.css';

/** Takes the state of the address. */
function read(): void {
  const found = fromHash(location.hash);
  notes.value = found.notes;
  state.value = found.state;
}

read();
let timer: ReturnType<typeof setTimeout> | undefined;
effect(() => {
  const hash = toHash(state.value);
  clearTimeout(timer);
  // While a slider is dragged the address waits.
  timer = setTimeout(() => {
    if (location.hash !== hash) history.replaceState(null, '', hash);
  }, 150);
});
addEventListener('hashchange', read);

const root = document.getElementById('app')!;
root.textContent = '';
render(<App />, root);
keepOffline();
