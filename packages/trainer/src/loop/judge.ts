import { type Evaluation } from './evaluate.js';
import { Plateau, type PlateauState } from './learning-rate.js';
import { BestSoFar, monitoredValue, type MonitorState } from './monitor.js';
import { type NoteSubject, type ResolvedOptions } from './train-options.js';

/** State of {@link Judge}: plain numbers, to be saved. */
export interface JudgeState {
  plateau: PlateauState;
  monitor: MonitorState;
}

/** Follows the monitored metric from epoch to epoch: what is the best, when the learning rate drops, when the training ends. */
export class Judge {
  private readonly plateau: Plateau;
  private readonly best: BestSoFar;

  constructor(
    private readonly options: ResolvedOptions,
    private readonly note: (text: string, about: NoteSubject) => void,
  ) {
    const { schedule, monitor, earlyStopping } = options;
    this.plateau = new Plateau(
      typeof schedule === 'function' ? { name: 'constant' } : schedule,
      monitor.mode,
    );
    this.best = new BestSoFar(monitor.mode, earlyStopping?.minDelta);
  }

  get state(): JudgeState {
    return { plateau: this.plateau.state, monitor: this.best.state };
  }

  set state({ plateau, monitor }: JudgeState) {
    this.plateau.state = plateau;
    this.best.state = monitor;
  }

  /** Whether the metric has not improved for as many epochs as early stopping allows. */
  get outOfPatience(): boolean {
    const { earlyStopping } = this.options;
    return earlyStopping !== undefined && this.best.state.stale >= earlyStopping.patience;
  }

  /** The learning rate, lowered where a plateau schedule has done so. */
  rate(scheduled: number): number {
    return this.plateau.rate(scheduled);
  }

  /** Takes the evaluation of an epoch; returns the monitored value, and whether the weights of the epoch are the best so far. */
  observe(val: Evaluation, epoch: number): { value: number; best: boolean } {
    const { monitor, background } = this.options;
    const value = monitoredValue(val, monitor.metric, background);
    this.plateau.observe(value);
    const best = this.best.observe(value);
    if (Number.isNaN(value)) this.noteUndefined(val, epoch);
    return { value, best };
  }

  private noteUndefined({ truth }: Evaluation, epoch: number): void {
    const { background, monitor } = this.options;
    const { metric } = monitor;
    const without = !truth.some((share, k) => k !== background && share > 0);
    const everywhere = without && metric !== 'loss';
    this.note(
      everywhere
        ? `no validation image has a foreground pixel, so ${metric} is undefined: the checkpoint best holds the last weights, ` +
            'and neither early stopping nor a plateau schedule acts; monitor the loss instead'
        : `${metric} is undefined in epoch ${epoch} and counts neither as better nor as worse there; ` +
            'until it is defined, the checkpoint best holds the last weights',
      everywhere ? 'settings' : 'run',
    );
  }
}
