import type { SizeReport } from 'segloss/analyze';

/** A folder that was chosen or dropped. */
export interface ChosenFolder {
  readonly name: string;
  readonly files: ReadonlyMap<string, File>;
}

/** What the page asks of an analysis. */
export type AnalyzeRequest =
  | {
      readonly kind: 'folders';
      readonly truth: ChosenFolder;
      readonly predictions: readonly ChosenFolder[];
      readonly classes: readonly string[] | undefined;
      readonly ignore: number | undefined;
      readonly probabilities: boolean;
    }
  | {
      readonly kind: 'summaries';
      readonly files: readonly { readonly name: string; readonly file: string; readonly text: string }[];
      readonly classes: readonly string[] | undefined;
    };

/** What comes back. */
export type AnalyzeAnswer =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'report'; readonly report: SizeReport; readonly html: string; readonly json: string }
  | { readonly kind: 'error'; readonly message: string };

/** Runs the code of `segloss analyze` on files in memory. */
export async function analyze(
  request: AnalyzeRequest,
  answer: (answer: AnalyzeAnswer) => void,
): Promise<void> {
  const { analyzeFiles, analyzeSummaries, renderSizePage, sizeReportJson } = await import('segloss/analyze');
  try {
    const report =
      request.kind === 'summaries'
        ? analyzeSummaries(request.files, { classes: request.classes })
        : await analyzeFiles({
            ...request,
            onCase: (done, total) => answer({ kind: 'progress', done, total }),
          });
    answer({ kind: 'report', report, html: renderSizePage(report), json: sizeReportJson(report) });
  } catch (error) {
    answer({ kind: 'error', message: (error as Error).message });
  }
}
