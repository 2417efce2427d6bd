import { checkKeys, unknownName, withDefaults } from '@segloss/common';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { checkModel } from './check-model.js';
import { checkInputShape, checkOutputs, checkSeed } from './checks.js';
import { ENCODERS, type EncoderName } from './networks/encoders.js';
import { RESNETS, type ResnetName } from './networks/resnet.js';
import {
  RESNET_DEEPLAB_DEFAULTS,
  resnetDeeplab,
  type ResnetDeeplabOptions,
} from './networks/resnet-deeplab.js';
import { RESNET_FPN_DEFAULTS, resnetFpn, type ResnetFpnOptions } from './networks/resnet-fpn.js';
import { RESNET_UNET_DEFAULTS, resnetUnet, type ResnetUnetOptions } from './networks/resnet-unet.js';
import { unet, UNET_DEFAULTS, type UnetOptions } from './networks/unet.js';

/** Options of every model builder. */
export interface ModelInput {
  /** Sizes of the images or volumes and their channels, which come last. */
  readonly inputShape: readonly number[];
  /** Channels of the logits: 1 for binary data, else one for each class. */
  readonly outputs: number;
  /** Determines the initial weights and everything random in training. */
  readonly seed: number;
}

/** A model that can be built by name. */
export interface ModelDefinition<D extends object = Record<string, unknown>> {
  /** Lower case, digits and hyphens: `unet-resnet34`. */
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** Every option of the model in addition to {@link ModelInput}, with its default. */
  readonly defaults: D;
  /** Builds the model, which returns logits of the size of its input; receives complete options. */
  readonly build: (options: ModelInput & D) => LayersModel;
}

const registry = new Map<string, ModelDefinition>();

/**
 * Adds a model to those that {@link buildModel} builds by name.
 *
 * @throws {RangeError} If the name is taken, or is not lower case letters, digits and hyphens. @throws {TypeError} If `build` is no function.
 *
 * @example
 * ```ts
 * const wide = { name: 'wide-unet', summary: 'a U-Net of one level', defaults: { filters: 4 } };
 * registerModel({ ...wide, build: ({ filters, ...options }) => unet({ ...options, widths: [filters] }) });
 * buildModel('wide-unet', { inputShape: [4, 4, 1], outputs: 1, filters: 2 }).outputs[0].shape; // → [null, 4, 4, 1]
 * ```
 */
export function registerModel<D extends object>(definition: ModelDefinition<D>): void {
  checkKeys('registerModel', definition, ['name', 'summary', 'defaults', 'build']);
  const { name, build } = definition;
  if (typeof name !== 'string' || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
    throw new RangeError(
      `registerModel: wanted a name of lower case letters, digits and hyphens, got ${JSON.stringify(name)}`,
    );
  }
  if (registry.has(name))
    throw new RangeError(`registerModel: there is a model "${name}"; take another name`);
  if (typeof build !== 'function') {
    throw new TypeError(`registerModel: wanted build to be a function, got ${typeof build}`);
  }
  registry.set(name, definition as unknown as ModelDefinition);
}

/**
 * Returns the registered models in the order of their registration.
 *
 * @example
 * ```ts
 * models()[0].name; // → "unet"
 * models().find(({ name }) => name === 'fpn-resnet50').defaults.pyramidChannels; // → 256
 * ```
 */
export function models(): ModelDefinition[] {
  return [...registry.values()];
}

/**
 * Builds a registered model by its name.
 *
 * @param name One of {@link models}.
 * @param options {@link ModelInput}, the seed 0 by default, and options of the model, see its `defaults`.
 * @throws {RangeError} If the name is unknown or a size does not fit. @throws {TypeError} If an option is unknown.
 *
 * @example
 * ```ts
 * const model = buildModel('unet', { inputShape: [8, 8, 3], outputs: 4, widths: [2, 4], norm: 'batch' });
 * model.outputs[0].shape; // → [null, 8, 8, 4]
 * buildModel('unt', { inputShape: [8, 8, 3], outputs: 4 }); // → throws RangeError: buildModel: unknown model "unt" (did you mean "unet"?)
 * ```
 */
export function buildModel(
  name: string,
  options: Omit<ModelInput, 'seed'> & { readonly seed?: number; readonly [option: string]: unknown },
): LayersModel {
  const definition = registry.get(name);
  if (definition === undefined) {
    throw new RangeError(
      `buildModel: ${unknownName('model', String(name), [...registry.keys()], 'models()')}`,
    );
  }
  const caller = `buildModel: ${name}`;
  const { defaults, build } = definition;
  checkKeys(caller, options, ['inputShape', 'outputs', 'seed', ...Object.keys(defaults)]);
  const complete = withDefaults({ ...defaults, seed: 0 }, options);
  checkInputShape(caller, complete.inputShape, [3, 4]);
  checkOutputs(caller, complete.outputs);
  checkSeed(caller, complete.seed);
  return checkModel(caller, build(complete), complete);
}

registerModel({
  name: 'unet',
  summary: 'U-Net of any width and depth, for images and volumes',
  defaults: UNET_DEFAULTS,
  build: (options) => unet(options as unknown as UnetOptions),
});

const encoders = Object.entries(ENCODERS) as [EncoderName, (typeof ENCODERS)[EncoderName]][];
for (const [encoder, { title, width }] of encoders) {
  registerModel({
    name: `unet-${encoder}`,
    summary: `U-Net with a ${title} as its encoder`,
    defaults: { ...RESNET_UNET_DEFAULTS, encoderWidth: width },
    build: (options) => resnetUnet({ ...options, encoder } as unknown as ResnetUnetOptions),
  });
}
for (const [encoder, { title, width }] of encoders) {
  registerModel({
    name: `fpn-${encoder}`,
    summary: `feature pyramid network with a ${title} as its encoder`,
    defaults: { ...RESNET_FPN_DEFAULTS, encoderWidth: width },
    build: (options) => resnetFpn({ ...options, encoder } as unknown as ResnetFpnOptions),
  });
}
for (const encoder of Object.keys(RESNETS) as ResnetName[]) {
  const { title, width } = ENCODERS[encoder];
  registerModel({
    name: `deeplabv3plus-${encoder}`,
    summary: `DeepLabV3+ with a ${title} as its encoder`,
    defaults: { ...RESNET_DEEPLAB_DEFAULTS, encoderWidth: width },
    build: (options) => resnetDeeplab({ ...options, encoder } as unknown as ResnetDeeplabOptions),
  });
}
