import { type FittedTemperature } from '@segloss/metrics';

import { checkpointFile, type CheckpointName } from '../checkpoint/store.js';
import { fileHash } from './file-hash.js';
import { RunError } from './run-error.js';
import { type RunFolder } from './run-folder.js';

/** The temperature of a run's probabilities, as its folder keeps it in `calibration.json`. */
export interface RunCalibration extends FittedTemperature {
  readonly checkpoint: CheckpointName;
  /** SHA-256 of the weights that it belongs to. */
  readonly weights: string;
  /** Validation images. */
  readonly images: number;
  /** How they were predicted. */
  readonly prediction: { readonly window?: boolean; readonly overlap?: number; readonly tta?: boolean };
}

export const CALIBRATION_FILE = 'calibration.json';

/** The temperature that {@link calibrateRun} found for these weights. */
export async function temperatureOf(home: RunFolder, checkpoint: CheckpointName): Promise<number> {
  const found = home.find<RunCalibration>(CALIBRATION_FILE);
  const remedy = `fit it with segloss test ${home.folder} --fit-temperature${checkpoint === 'best' ? '' : ` --checkpoint ${checkpoint}`}`;
  if (found === undefined) {
    throw new RunError(
      `${home.folder} has no temperature (${CALIBRATION_FILE}): ${remedy}`,
      'not-calibrated',
    );
  }
  if (
    found.checkpoint !== checkpoint ||
    found.weights !== (await fileHash(checkpointFile(home.checkpoints, checkpoint)))
  ) {
    throw new RunError(
      `${home.folder}: wanted a temperature of the weights ${checkpoint}, got one of other weights (${found.checkpoint}); ${remedy}`,
      'not-calibrated',
    );
  }
  return found.temperature;
}
