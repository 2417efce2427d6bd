/** One part of a loss spec: `0.5*tversky(alpha=0.3,beta=0.7)`. */
export interface SpecPart {
  readonly weight: number;
  readonly name: string;
  readonly options: Readonly<Record<string, OptionValue>>;
}
export type OptionValue = number | string | boolean | readonly number[];

const PART =
  /^\s*(?:([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*\*\s*)?([a-z][a-z0-9-]*)\s*(?:\(([^()]*)\))?\s*$/i;

/** Reads the specs whose weights are numbers; undefined for any other text, which only the full library reads. */
export function readSpec(text: string): SpecPart[] | undefined {
  const parts = splitOutside(text, '+').map((part): SpecPart | undefined => {
    const found = PART.exec(part);
    if (found === null) return undefined;
    const options = readOptions(found[3] ?? '');
    return options && { weight: Number(found[1] ?? 1), name: found[2]!, options };
  });
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function readOptions(text: string): Record<string, OptionValue> | undefined {
  const options: Record<string, OptionValue> = {};
  if (text.trim() === '') return options;
  for (const entry of splitOutside(text, ',')) {
    const found = /^\s*([a-z]+)\s*=\s*(\[[^\]]*\]|[^\s,[\]]+)\s*$/i.exec(entry);
    if (found === null) return undefined;
    options[found[1]!] = readValue(found[2]!);
  }
  return options;
}

function readValue(text: string): OptionValue {
  if (text.startsWith('[')) return text.slice(1, -1).split(',').map(Number);
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isNaN(Number(text)) ? text : Number(text);
}

/** Splits where a sign stands outside of brackets and is not that of an exponent. */
function splitOutside(text: string, sign: string): string[] {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    if ('(['.includes(text[i]!)) depth++;
    if (')]'.includes(text[i]!)) depth--;
    const exponent = /\de$/i.test(text.slice(0, i)) && /\d/.test(text[i + 1] ?? '');
    if (depth === 0 && text[i] === sign && !exponent) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}
