import { type LayersModel } from '@tensorflow/tfjs-layers';

/**
 * The model, if it is one that takes the images and gives logits of their size.
 *
 * @param caller Named in the errors.
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
