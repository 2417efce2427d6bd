// Typesets the plain formulas of the pages (`1 - (2·overlap + ε) / (target + predicted + ε)`) as MathML, when the site is built.
// On GitHub and in the packages they stay as they are written.

const TOKEN = /\s+|\d+(?:\.\d+)?|[\p{L}∇]+['′]?|[²³]|½|[-+·=≤,:;|‖/_^√Σ∑]|[()[\]{}⌈⌉]/uy;
const CLOSING = { '(': ')', '[': ']', '{': '}', '⌈': '⌉', '|': '|' };
/** What separates products: a fraction reaches no further. */
const BETWEEN_PRODUCTS = /^[-+=≤,:;‖]$/;
/** Words of a sentence, which are no names of numbers. */
const PROSE = /^(with|a|sigmoid|also|the|of|in|if|else|or|from|to|hardest|inside|outside|distance|border|pixels|complements|generalized|image|an|sorted|downwards|cross|bin|loss|and|background|foreground|default|gdl|inverse|complement)$/; // prettier-ignore

/**
 * A formula as MathML.
 *
 * @param {string} text One line. Parts that are two spaces apart are set apart.
 * @throws {RangeError} If it has a sign that is not known, or a bracket has no partner.
 */
export function mathml(text) {
  const rows = text
    .trim()
    .split(/\s{3,}/)
    .map((row) => {
      const tokens = tokensOf(row);
      const { html } = sequence(tokens, undefined, text);
      if (tokens.length > 0) throw new RangeError(`formula: "${tokens[0].text}" closes nothing in "${text}"`);
      return html;
    });
  const alt = text.trim().replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<math v-pre display="block" alttext="${alt}">${rows.map((row) => `<mrow>${row}</mrow>`).join('<mspace width="2em"/>')}</math>`;
}

function tokensOf(text) {
  const tokens = [];
  let space = 0;
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < text.length;) {
    const at = TOKEN.lastIndex;
    const [found] = TOKEN.exec(text) ?? [];
    if (found === undefined) throw new RangeError(`formula: "${text[at]}" is not known, in "${text}"`);
    if (/^\s/.test(found)) space = found.length;
    else {
      tokens.push({ text: found, space });
      space = 0;
    }
  }
  return tokens;
}

/** Everything up to a closing bracket, with its fractions. */
function sequence(tokens, closing, text) {
  const items = [];
  /** What is above the line of the fraction that is being read, and whether its sign had no spaces: 1/n. */
  let fraction;
  let below = [];
  const put = (item) => (fraction === undefined ? items : below).push(item);
  const end = () => {
    if (fraction === undefined) return;
    if (below.length === 0) throw new RangeError(`formula: nothing follows "/" in "${text}"`);
    const { above, tight } = fraction;
    // A sum reaches over the fraction, unless there is one below the line too.
    const sum = below.some((item) => item.sum || item.html.includes('∑')) ? -1 : above.findLastIndex((item) => item.sum); // prettier-ignore
    items.push(...above.slice(0, sum + 1));
    items.push({ html: `<mfrac>${row(above.slice(sum + 1))}${row(below)}</mfrac>`, tight });
    fraction = undefined;
    below = [];
  };
  while (tokens[0] !== undefined && !/^[)\]}⌉]$/.test(tokens[0].text) && tokens[0].text !== closing) {
    const [token] = tokens;
    const isFirstBelow = fraction !== undefined && below.length === 0;
    if (BETWEEN_PRODUCTS.test(token.text) && !(isFirstBelow && token.text === '-')) {
      end();
      tokens.shift();
      items.push({ html: operator(token.text), between: true });
    } else if (token.text === '/') {
      end();
      tokens.shift();
      const tight = token.space === 0;
      const from = tight ? items.length - 1 : items.findLastIndex((item) => item.between) + 1;
      fraction = { above: items.splice(from), tight };
    } else {
      if (token.space > 1 || PROSE.test(token.text) || (fraction?.tight && below.length > 0)) end();
      const before = (fraction === undefined ? items : below).at(-1);
      put(atom(tokens, text, before !== undefined && before.between !== true));
    }
  }
  if (closing !== undefined) {
    if (tokens[0]?.text !== closing) throw new RangeError(`formula: wanted "${closing}" in "${text}"`);
    tokens.shift();
  }
  end();
  return {
    html: items.map(({ html }) => html).join(''),
    isShare: items.length === 1 && items[0].tight === true,
  };
}

/** Several items as one; brackets around all of it are not needed above or below a line. */
function row(items) {
  const inner =
    items.length === 1 ? (items[0].bare ?? items[0].html) : items.map(({ html }) => html).join('');
  return `<mrow>${inner}</mrow>`;
}

const operator = (text) =>
  text === ':' || text === ',' || text === ';'
    ? `<mo separator="true">${text}</mo><mspace width=".3em"/>`
    : `<mo>${text === '-' ? '−' : text}</mo>`;

/** One thing with what is above and below it at the right. */
function atom(tokens, text, follows = false) {
  const { text: first, space } = tokens.shift();
  const afterName = follows && space === 0; // log(1/t), not log (1/n)
  const before = space > 1 ? '<mspace width="1em"/>' : '';
  let base;
  let bare;
  let wide = false;
  if (first in CLOSING) {
    const inner = sequence(tokens, CLOSING[first], text);
    if (first === '(' && inner.isShare && !afterName) base = inner.html;
    else {
      base = `<mrow><mo>${first}</mo>${inner.html}<mo>${CLOSING[first]}</mo></mrow>`;
      if (first === '(') bare = inner.html;
    }
  } else if (first === '√') {
    const { bare: under, html } = atom(tokens, text);
    base = `<msqrt>${under ?? html}</msqrt>`;
  } else if (first === '·') base = '<mo>⋅</mo>';
  else if (first === 'Σ' || first === '∑') base = '<mo>∑</mo>';
  else if (/^[\d½]/.test(first)) base = `<mn>${first}</mn>`;
  else if (/^[\p{L}∇]/u.test(first)) {
    wide = [...first].length > 1;
    base = PROSE.test(first) ? `<mtext>&nbsp;${first}&nbsp;</mtext>` : `<mi>${first.replace("'", '′')}</mi>`;
  } else throw new RangeError(`formula: "${first}" stands alone in "${text}"`);
  let [below, above] = [undefined, undefined];
  for (;;) {
    const next = tokens[0]?.text;
    if (next === '²' || next === '³') {
      tokens.shift();
      above = `<mn>${next === '²' ? 2 : 3}</mn>`;
    } else if (next === '_') below = script(tokens, text);
    else if (next === '^') above = script(tokens, text);
    else break;
    bare = undefined;
  }
  const sum = first === 'Σ' || first === '∑';
  const html = scripts(base, below, above, sum);
  // Names of several letters need a gap, or they become one word.
  const gap = wide && follows && !PROSE.test(first) && space > 0 ? '<mspace width=".17em"/>' : '';
  const after = wide && !PROSE.test(first) && tokens[0]?.space > 0 && /^[\p{L}\dΣ√]/u.test(tokens[0].text) ? '<mspace width=".17em"/>' : ''; // prettier-ignore
  return { html: `${before}${gap}${html}${after}`, sum, ...(bare !== undefined && { bare }) };
}

function scripts(base, below, above, sum) {
  if (below === undefined && above === undefined) return base;
  if (above === undefined) return `<m${sum ? 'under' : 'sub'}>${base}${below}</m${sum ? 'under' : 'sub'}>`;
  if (below === undefined) return `<msup>${base}${above}</msup>`;
  return `<msubsup>${base}${below}${above}</msubsup>`;
}

/** What is set small: letters that are indices one by one, or all of a bracket. */
function script(tokens, text) {
  tokens.shift();
  const next = tokens[0];
  if (next === undefined) throw new RangeError(`formula: nothing follows "_" or "^" in "${text}"`);
  if (next.text in CLOSING) {
    tokens.shift();
    return `<mrow>${sequence(tokens, CLOSING[next.text], text).html}</mrow>`;
  }
  tokens.shift();
  if (/^\d/.test(next.text)) return `<mn>${next.text}</mn>`;
  if (/^[ijkmb]{2}$/.test(next.text)) return `<mrow>${[...next.text].map((one) => `<mi>${one}</mi>`).join('')}</mrow>`; // prettier-ignore
  return `<mi>${next.text}</mi>`;
}
