import { printable } from '@segloss/common';

/** Text that is HTML already, and is not escaped again. */
export class Html {
  constructor(readonly text: string) {}
}

type Value = Html | string | number | readonly (Html | string)[];

/** Text that becomes HTML as it is: an SVG that we drew ourselves. */
export function raw(text: string): Html {
  return new Html(text);
}

/** A template in which every value is escaped, unless it is HTML. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  const text = strings.reduce((all, part, index) => all + render(values[index - 1]!) + part);
  return new Html(text);
}

/** The name of a loss, which a narrow column breaks at spaces and after a plus sign, not within a word. */
export function breakable(name: string): Html {
  return raw(escapeHtml(name).replace(/\+(?=\S)/g, '+<wbr>'));
}

function render(value: Value): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(render).join('');
  return escapeHtml(String(value));
}

/** Escapes text for element content and for attributes in double quotes; control characters are shown. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return printable(text).replace(/[&<>"']/g, (character) => entities[character]!);
}
