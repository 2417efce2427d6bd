// What `segloss analyze` reads: nnU-Net's summaries, folders of probabilities.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, type RandomStream } from '@segloss/data';

import { CaseError } from '../../../apps/benchmark/src/analyze/faults.js';
import { readNnunet } from '../../../apps/benchmark/src/analyze/read-nnunet.js';
import { readFolders } from '../../../apps/benchmark/src/analyze/read-folders.js';
import { nifti } from '../../../packages/data/test/nifti.js';
import { damaged, many } from '../random-inputs.js';

/** nnU-Net's summary with known counts, whole or damaged. */
export async function summaryTarget(random: RandomStream, folder: string): Promise<string | undefined> {
  const cases = many(1 + random.integer(4), (i) => {
    const [TP, FP, FN, TN] = many(4, () => random.integer(50)) as [number, number, number, number];
    return { id: `case_${i}`, TP, FP, FN, TN: TN + 1 };
  });
  const content = {
    metric_per_case: cases.map(({ id, ...counts }) => ({ reference_file: `/gt/${id}.nii.gz`, prediction_file: `/p/${id}.nii.gz`, metrics: { 1: counts } })),
  }; // prettier-ignore
  const text = Buffer.from(JSON.stringify(content));
  const whole = random.uniform() < 0.5;
  const file = join(folder, 'summary.json');
  await writeFile(file, whole ? text : damaged(random, text));
  try {
    const { runs } = await readNnunet([{ name: 'run', file }], undefined);
    if (!whole) return undefined;
    for (const { id, TP, FP, FN, TN } of cases) {
      const found = runs[0]!.cases.find((one) => one.id === id);
      const [voxels, share] = [TP + FP + FN + TN, found?.predicted.at(-1)];
      if (Math.abs((found?.truth.at(-1) ?? NaN) - (TP + FN) / voxels) < 1e-12 && Math.abs((share ?? NaN) - (TP + FP) / voxels) < 1e-12) continue; // prettier-ignore
      return `${id}: p ${share}, q ${found?.truth.at(-1)} of TP ${TP}, FP ${FP}, FN ${FN}, TN ${TN}`;
    }
    return undefined;
  } catch (error) {
    if (error instanceof DataError || error instanceof CaseError) return whole ? `refused: ${error.message}` : undefined; // prettier-ignore
    throw error;
  }
}

/** Probabilities with a known mean. */
export async function probabilityTarget(random: RandomStream, folder: string): Promise<string | undefined> {
  const [truth, predicted] = [join(folder, 'gt'), join(folder, 'prob')];
  for (const one of [truth, predicted]) {
    await rm(one, { recursive: true, force: true });
    await mkdir(one, { recursive: true });
  }
  const dims = [2 + random.integer(5), 2 + random.integer(5), 1 + random.integer(3)];
  const voxels = dims.reduce((product, side) => product * side, 1);
  const wanted: number[] = [];
  for (const id of ['a', 'b']) {
    const labels = many(voxels, (i) => (i === 0 ? 0 : i === 1 ? 1 : random.integer(2)));
    const probabilities = many(voxels, () => random.integer(257) / 256); // exact in float32
    wanted.push(probabilities.reduce((sum, value) => sum + value, 0) / voxels);
    await writeFile(join(truth, `${id}.nii`), nifti({ dims, values: labels }));
    await writeFile(join(predicted, `${id}.nii`), nifti({ dims, values: probabilities, type: 16 }));
  }
  const { runs } = await readFolders({
    truth,
    predictions: [{ name: 'run', folder: predicted }],
    probabilities: true,
  });
  const read = runs[0]!.cases.map((one) => one.predicted.at(-1)!);
  const apart = wanted.map((value, i) => Math.abs(value - read[i]!));
  return apart.every((value) => value < 1e-9) ? undefined : `mean probabilities ${wanted.join()} read as ${read.join()}`; // prettier-ignore
}
