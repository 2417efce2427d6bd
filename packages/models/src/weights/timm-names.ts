import { type EncoderName } from '../networks/encoders.js';

type Mobile = 'mobilenetv2' | 'mobilenetv3-large' | 'efficientnet-b0';

/** Blocks of each of timm's stages where torchvision numbers all of them in one row. */
const ROWS: Readonly<Partial<Record<EncoderName, readonly number[]>>> = {
  mobilenetv2: [1, 2, 3, 4, 3, 3, 1],
  'mobilenetv3-large': [1, 2, 3, 4, 2, 3],
};

/** timm's layers of a block, in the order of torchvision's; the first stage has no expansion. */
const SEPARABLE = [['conv_dw', 'bn1'], ['conv_pw', 'bn2']] as const; // prettier-ignore
const INVERTED = [['conv_pw', 'bn1'], ['conv_dw', 'bn2'], ['conv_pwl', 'bn3']] as const; // prettier-ignore

/** Whether a file has timm's names of a MobileNet or EfficientNet. (Its ResNets have those of torchvision.) */
export function isTimm(names: Iterable<string>): boolean {
  return [...names].includes('conv_stem.weight');
}

/**
 * torchvision's name for each of timm's; the layers of the classifier are left out.
 *
 * @param encoder A MobileNet or EfficientNet.
 */
export function torchvisionNames(names: Iterable<string>, encoder: Mobile): Map<string, string> {
  const all = new Set(names);
  const renamed = new Map<string, string>();
  for (const name of all) {
    const end = name.lastIndexOf('.');
    const layer = layerOf(name.slice(0, end), encoder, all);
    if (layer !== undefined) renamed.set(name, `${layer}${name.slice(end)}`);
  }
  return renamed;
}

function layerOf(layer: string, encoder: Mobile, all: ReadonlySet<string>): string | undefined {
  if (layer === 'conv_stem') return 'features.0.0';
  if (layer === 'bn1') return 'features.0.1';
  if (encoder === 'mobilenetv2' && layer === 'conv_head') return 'features.18.0';
  if (encoder === 'mobilenetv2' && layer === 'bn2') return 'features.18.1';
  if (encoder === 'mobilenetv3-large' && layer === 'blocks.6.0.conv') return 'features.16.0';
  if (encoder === 'mobilenetv3-large' && layer === 'blocks.6.0.bn1') return 'features.16.1';
  const [, stage, index, inner] = /^blocks\.(\d+)\.(\d+)\.(.+)$/.exec(layer) ?? [];
  if (inner === undefined) return undefined; // of the classifier
  const before = ROWS[encoder]
    ?.slice(0, Number(stage))
    .reduce((sum, count) => sum + count, 1 + Number(index));
  const block =
    before === undefined
      ? `features.${Number(stage) + 1}.${index}.block`
      : `features.${before}.${encoder === 'mobilenetv2' ? 'conv' : 'block'}`;
  const pairs = stage === '0' ? SEPARABLE : INVERTED;
  const place = pairs.findIndex((pair) => (pair as readonly string[]).includes(inner));
  const squeeze = pairs.length - 1; // before the last pair
  if (inner === 'se.conv_reduce') return `${block}.${squeeze}.fc1`;
  if (inner === 'se.conv_expand') return `${block}.${squeeze}.fc2`;
  if (place < 0) return `${block}.${inner}`; // unknown, and reported as unused
  const part = inner === pairs[place]![0] ? 0 : 1;
  const last = place === squeeze;
  if (last && encoder === 'mobilenetv2') return `${block}.${place + part}`;
  const squeezed = all.has(`blocks.${stage}.${index}.se.conv_reduce.weight`);
  return `${block}.${place + (last && squeezed ? 1 : 0)}.${part}`;
}
