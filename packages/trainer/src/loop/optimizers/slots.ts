import { tidy, zerosLike, type Tensor, type Variable } from '@tensorflow/tfjs-core';

/** Tensors that an optimizer keeps for each variable, such as moments; all zero at first. */
export class Slots {
  private readonly byName: Record<string, Variable[]>;

  constructor(names: readonly string[], variables: readonly Variable[]) {
    const zeros = (value: Variable) => tidy(() => zerosLike(value).variable(false));
    this.byName = Object.fromEntries(names.map((name) => [name, variables.map(zeros)]));
  }

  get(name: string, i: number): Variable {
    return this.byName[name]![i]!;
  }

  all(): Record<string, Tensor> {
    return Object.fromEntries(this.entries());
  }

  restore(tensors: Readonly<Record<string, Tensor>>): void {
    for (const [name, slot] of this.entries()) {
      const tensor = tensors[name];
      if (tensor === undefined || tensor.shape.join() !== slot.shape.join()) {
        const got = tensor === undefined ? 'nothing' : `[${tensor.shape}]`;
        throw new RangeError(`optimizer: wanted the slot ${name} of shape [${slot.shape}], got ${got}`);
      }
      slot.assign(tensor);
    }
  }

  dispose(): void {
    for (const [, slot] of this.entries()) slot.dispose();
  }

  private entries(): [string, Variable][] {
    return Object.entries(this.byName).flatMap(([name, slots]) =>
      slots.map((slot, i): [string, Variable] => [`${name}/${i}`, slot]),
    );
  }
}
