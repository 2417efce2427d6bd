import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';

import {
  analyze,
  type AnalyzeAnswer,
  type AnalyzeRequest,
  type ChosenFolder,
} from '../core/analyze-request.js';
import { exampleSummaries } from '../core/example-summary.js';
import { asError, startWork, type Running, type Work } from '../core/worker.js';
import { said } from '../state/state.js';
import { save } from '../ui/chart.js';
import { Notice, Problem, Screen, Silence, TextField } from '../ui/controls.js';
import { Drop } from '../ui/drop.js';

type Report = Extract<AnalyzeAnswer, { kind: 'report' }>;

const truth = signal<ChosenFolder | undefined>(undefined);
const predictions = signal<readonly ChosenFolder[]>([]);
const classes = signal('');
const ignore = signal('');
const probabilities = signal(false);
const progress = signal<string>('');
const silence = signal(0);
const problem = signal<string>('');
const report = signal<Report | undefined>(undefined);

const WORK: Work<AnalyzeRequest, AnalyzeAnswer> = {
  create: () => new Worker(new URL('../workers/analyze.worker.ts', import.meta.url), { type: 'module' }),
  inPage: analyze,
  isLast: ({ kind }) => kind !== 'progress',
  failed: asError,
};
let running: Running | undefined;

function run(request: AnalyzeRequest): void {
  problem.value = '';
  report.value = undefined;
  progress.value = 'Reading …';
  const receive = (answer: AnalyzeAnswer) => {
    if (answer.kind === 'progress') progress.value = `${answer.done} of ${answer.total} cases`;
    else progress.value = '';
    if (answer.kind === 'error') problem.value = answer.message;
    if (answer.kind === 'report') {
      report.value = answer;
      said.value = `Report of ${answer.report.runs.map(({ name, cases }) => `${name}, ${cases.length} cases`).join('; ')}.`;
    }
  };
  running?.stop();
  running = startWork(WORK, request, { answer: receive, silence: (seconds) => (silence.value = seconds) });
}

function options():
  Pick<Extract<AnalyzeRequest, { kind: 'folders' }>, 'classes' | 'ignore' | 'probabilities'> | string {
  const names = classes.value.split(',').map((name) => name.trim());
  const named = classes.value.trim() !== '';
  if (named && (names.length < 2 || names.includes('') || new Set(names).size < names.length)) {
    return `Class names: wanted at least two different names, such as background,lesion, got "${classes.value}".`;
  }
  if (ignore.value.trim() !== '' && !/^\d{1,5}$/.test(ignore.value.trim())) {
    return `Ignored label: wanted a whole number, got "${ignore.value}".`;
  }
  return {
    classes: named ? names : undefined,
    ignore: ignore.value.trim() === '' ? undefined : Number(ignore.value),
    probabilities: probabilities.value,
  };
}

function analyzeFolders(): void {
  const more = options();
  if (typeof more === 'string') problem.value = more;
  else if (truth.value === undefined || predictions.value.length === 0)
    problem.value = 'Choose a folder of true masks and one of predictions.';
  else
    run({
      kind: 'folders',
      truth: truth.value,
      predictions: distinct(predictions.value, truth.value.name),
      ...more,
    });
}

/** Folders with different names, as the command names them. */
function distinct(folders: readonly ChosenFolder[], taken: string): ChosenFolder[] {
  const used = new Set([taken]);
  return folders.map((folder) => {
    let name = folder.name;
    for (let i = 2; used.has(name); i++) name = `${folder.name} ${i}`;
    used.add(name);
    return { ...folder, name };
  });
}

async function analyzeSummaries(files: readonly File[]): Promise<void> {
  const more = options();
  if (typeof more === 'string') return void (problem.value = more);
  const texts = await Promise.all(
    files.map(async (file, i) => ({
      name: files.length === 1 ? 'run' : `run ${i + 1}`,
      file: file.name,
      text: await file.text(),
    })),
  );
  run({ kind: 'summaries', files: texts, classes: more.classes });
}

/** The report of `segloss analyze` on masks of one's own; nothing leaves the machine. */
export function MasksView() {
  return (
    <Screen
      controls={
        <>
          <p class="small">
            <strong>Nothing is uploaded.</strong> The files are read by this page, on this machine, to the
            exact values that they hold. It is the code of <code>segloss analyze</code>, which also reads
            NIfTI.
          </p>
          <TextField
            label="Class names"
            value={classes.value}
            placeholder="background,lesion"
            onInput={(text) => (classes.value = text)}
          />
          <TextField
            label="Ignored label"
            value={ignore.value}
            placeholder="255, if there is one"
            onInput={(text) => (ignore.value = text)}
          />
          <label class="loss">
            <input
              type="checkbox"
              checked={probabilities.value}
              onChange={() => (probabilities.value = !probabilities.value)}
            />
            <span>Predictions are probabilities (gray PNG)</span>
          </label>
        </>
      }
    >
      <div class="card">
        <h2>Folders of masks</h2>
        <div class="drops">
          <Drop
            label="True masks"
            id="truth"
            chosen={truth.value ? [truth.value] : []}
            onFolder={(folder) => (truth.value = folder)}
            onProblem={(message) => (problem.value = message)}
            onClear={() => (truth.value = undefined)}
          />
          <Drop
            label="Predictions, one folder for each model"
            id="predictions"
            chosen={predictions.value}
            onFolder={(folder) => (predictions.value = [...predictions.value, folder])}
            onProblem={(message) => (problem.value = message)}
            onClear={() => (predictions.value = [])}
          />
        </div>
        <p class="run-bar" style="margin-top: 1rem">
          <button type="button" class="primary" id="analyze" onClick={analyzeFolders}>
            Analyze
          </button>
          <span role="status">{progress.value}</span>
        </p>
      </div>
      <div class="card run-bar">
        <strong>Or nnU-Net:</strong>
        <label class="button">
          Choose summary.json …
          <input
            type="file"
            id="summary"
            class="only-read"
            accept=".json"
            multiple
            onChange={(event) => {
              analyzeSummaries([...(event.currentTarget.files ?? [])]).catch(
                (error: Error) => (problem.value = `The file cannot be read: ${error.message}`),
              );
              event.currentTarget.value = '';
            }}
          />
        </label>
        <button
          type="button"
          id="example"
          onClick={() =>
            run({ kind: 'summaries', files: exampleSummaries(), classes: ['background', 'lesion'] })
          }
        >
          Show an invented example
        </button>
      </div>
      <Silence seconds={silence.value} />
      <Problem>{problem.value}</Problem>
      {report.value ? <ReportView {...report.value} /> : <Explain />}
    </Screen>
  );
}

function Explain() {
  return (
    <Notice>
      <p>
        For each class: predicted over true size, by the size of the true region, with intervals; the cases
        with the largest errors; and, for several models, the paired difference.
      </p>
    </Notice>
  );
}

function ReportView({ html, json }: Report) {
  const ref = useRef<HTMLIFrameElement>(null);
  const [height, setHeight] = useState(900);
  const measure = () => {
    const body = ref.current?.contentDocument?.documentElement;
    if (body) setHeight(Math.min(20_000, body.scrollHeight + 2));
  };
  useEffect(() => {
    addEventListener('resize', measure);
    return () => removeEventListener('resize', measure);
  }, []);
  return (
    <div class="card">
      <p class="run-bar">
        <strong style="margin-right: auto">Report</strong>
        <button type="button" onClick={() => save('segloss-analyze.html', html, 'text/html')}>
          Download HTML
        </button>
        <button type="button" onClick={() => save('segloss-analyze.json', json, 'application/json')}>
          Download JSON
        </button>
      </p>
      <iframe
        ref={ref}
        id="report"
        title="Report of the sizes"
        sandbox="allow-same-origin"
        srcdoc={html}
        style={{ height: `${height}px` }}
        onLoad={measure}
      />
      <script
        type="application/json"
        id="report-json"
        dangerouslySetInnerHTML={{ __html: json.replaceAll('<', '\\u003c') }}
      />
    </div>
  );
}
