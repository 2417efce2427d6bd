import { type LayersModel } from '@tensorflow/tfjs-layers';

/**
 * Returns the model if it takes images of a shape and returns logits of their size; throws otherwise. For a model that comes from a
 * user's function.
 *
 * @param caller Named in the errors.
 * @throws {TypeError} If it is not a LayersModel. @throws {RangeError} If its inputs or outputs do not fit.
 *
 * @example
 * ```ts
 * const model = unet({ inputShape: [8, 8, 1], outputs: 1, widths: [2] });
 * checkModel('mine', model, { inputShape: [8, 8, 1], outputs: 1 }) === model; // → true
 * checkModel('mine', model, { inputShape: [8, 8, 1], outputs: 3 }); // → throws RangeError: mine: wanted a model that gives logits [8,8,3], got one of [8,8,1]
 * ```
 */
export function checkModel(
  caller: string,
  model: unknown,
  { inputShape, outputs }: { readonly inputShape: readonly number[]; readonly outputs: number },
): LayersModel {
  if (!isModel(model)) {
    throw new TypeError(
      `${caller}: wanted a LayersModel (from tf.model or tf.sequential), got ${kindOf(model)}`,
    );
  }
  if (model.inputs.length !== 1 || model.outputs.length !== 1) {
    throw new RangeError(
      `${caller}: wanted a model of one input and one output, got ${model.inputs.length} and ${model.outputs.length}`,
    );
  }
  checkShape(`${caller}: wanted a model that takes`, model.inputs[0]!.shape, inputShape);
  const logits = [...inputShape.slice(0, -1), outputs];
  checkShape(`${caller}: wanted a model that gives logits`, model.outputs[0]!.shape, logits);
  return model;
}

function checkShape(wanted: string, shape: readonly (number | null)[], sizes: readonly number[]): void {
  const own = shape.slice(1); // without the batch
  const fits = own.length === sizes.length && own.every((size, i) => size === null || size === sizes[i]);
  if (!fits)
    throw new RangeError(`${wanted} [${sizes.join(',')}], got one of [${own.map(String).join(',')}]`);
}

/** By its shape, not by its class: a module of a user's own may have brought a tfjs of its own. */
function isModel(value: unknown): value is LayersModel {
  if (typeof value !== 'object' || value === null) return false;
  const { inputs, outputs, apply, trainableWeights } = value as Partial<LayersModel>;
  return (
    Array.isArray(inputs) &&
    Array.isArray(outputs) &&
    typeof apply === 'function' &&
    Array.isArray(trainableWeights)
  );
}

function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const name = value.constructor?.name ?? 'object';
  return name === 'Promise' ? 'a Promise; build without await' : `a value of type ${name}`;
}
