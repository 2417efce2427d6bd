import path from 'node:path';

import { isBuiltIn } from '@segloss/data';
import type { Job } from 'kubernetes-types/batch/v1';
import { stringify } from 'yaml';

import { UsageError } from '../../../errors.js';
import { quote } from '../../../terminal.js';
import { FINAL_CODES, REQUEUE_CODE, RETRIES } from '../retries.js';
import type { CellArray, Emitted } from './cell-array.js';

/** What a manifest needs besides the cells. */
export interface KubernetesOptions {
  /** Pods at the same time. */
  readonly jobs?: number | undefined;
  /** A container image with Node and the command segloss. */
  readonly image?: string | undefined;
  /** `CLAIM:PATH` each: a persistent volume claim, and where it is mounted. */
  readonly volumes: readonly string[];
}

const PARALLELISM = 10;
/** Kubernetes wants no more failed indexes where there are more completions than this. */
const MANY = { completions: 100_000, failed: 10_000 };

/** A manifest: an Indexed Job with one index for each cell. */
export function kubernetesJob(array: CellArray, options: KubernetesOptions): Emitted {
  const { name, plan, cells, hash } = array;
  const { jobs = PARALLELISM, image } = options;
  if (image === undefined)
    throw new UsageError(
      '--emit kubernetes: wanted --image <name>, an image with Node and the command segloss',
    );
  const volumes = volumesOf(array, options.volumes);
  const job: Job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `${dnsName(name)}-${hash}`, labels: { 'app.kubernetes.io/name': 'segloss' } },
    spec: {
      completionMode: 'Indexed',
      completions: cells.length,
      parallelism: Math.min(jobs, cells.length),
      backoffLimitPerIndex: RETRIES,
      maxFailedIndexes: Math.min(cells.length, cells.length > MANY.completions ? MANY.failed : Infinity),
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          { action: 'Ignore', onExitCodes: { operator: 'In', values: [REQUEUE_CODE] } },
          { action: 'FailIndex', onExitCodes: { operator: 'In', values: [...FINAL_CODES] } },
        ],
      },
      template: {
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 60,
          containers: [
            {
              name: 'segloss',
              image,
              command: ['/bin/sh', '-c'],
              args: [`exec segloss run --plan ${quote(plan)} --index "$JOB_COMPLETION_INDEX"`],
              resources: { requests: { cpu: '1', memory: '2Gi' } },
              volumeMounts: volumes.map(({ path: mountPath }, i) => ({ name: `volume-${i}`, mountPath })),
            },
          ],
          volumes: volumes.map(({ claim }, i) => ({
            name: `volume-${i}`,
            persistentVolumeClaim: { claimName: claim },
          })),
        },
      },
    },
  };
  const head = `# ${cells.length} runs of the benchmark ${name}, for Kubernetes 1.33 or later\n`;
  return { text: head + stringify(job, { lineWidth: 0 }), submit: (file) => `kubectl apply -f ${quote(file)}` }; // prettier-ignore
}

/** Volumes, which must hold the benchmark and its images: what a pod writes elsewhere is lost with it. */
function volumesOf({ folder, cells }: CellArray, given: readonly string[]) {
  const volumes = given.map((text) => {
    const [, claim, place] = /^([a-z0-9][a-z0-9.-]*):(\/.*)$/.exec(text) ?? [];
    if (claim === undefined || place === undefined)
      throw new UsageError(`--volume: wanted CLAIM:/PATH, got "${text}"; for example --volume data:/data`);
    return { claim, path: path.resolve(place) };
  });
  const isInside = (file: string) =>
    volumes.some(({ path: place }) => !path.relative(place, file).startsWith('..'));
  const data = cells.map(({ loaded }) => loaded.config.data.folder).filter((one) => !isBuiltIn(one));
  const outside = [folder, ...data].find((one) => !isInside(one));
  if (outside === undefined) return volumes;
  throw new UsageError(
    `--emit kubernetes: wanted a volume that holds ${outside}, got ${given.join(', ') || 'none'}; ` +
      'name the claims and where this machine has them: --volume CLAIM:/PATH',
  );
}

/** A part of a name as Kubernetes allows it. */
function dnsName(name: string): string {
  const safe = name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, ''); // prettier-ignore
  return safe.slice(0, 40).replace(/-+$/, '') || 'segloss';
}
