import { useEffect, useRef, useState } from 'preact/hooks';
import { lineChart, lineChartMargin, seriesTable, type LineChartOptions } from '@segloss/charts';

import { short } from './text.js';

/** The width of an element, as it changes. */
export function useWidth<T extends HTMLElement>(otherwise = 640) {
  const ref = useRef<T>(null);
  const [width, setWidth] = useState(otherwise);
  useEffect(() => {
    const element = ref.current!;
    const measure = () => setWidth(Math.max(260, Math.floor(element.clientWidth)));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width] as const;
}

/** A drawing of `@segloss/charts`. */
export function Drawing({ svg, className = '' }: { svg: string; className?: string }) {
  return <div class={`drawing ${className}`} dangerouslySetInnerHTML={{ __html: svg }} />;
}

interface LineFigureProps {
  readonly chart: Omit<LineChartOptions, 'width'>;
  /** Called with an x of the axis while it is dragged. */
  readonly onDrag?: (x: number) => void;
  /** Name of the file of numbers. */
  readonly file: string;
}

/**
 * A line chart with its numbers: Left and Right move along a line, Up and Down to the next one, and the place is said; the table
 * holds everything.
 */
export function LineFigure({ chart, onDrag, file }: LineFigureProps) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const [cursor, setCursor] = useState<readonly [series: number, point: number] | undefined>();
  const series = chart.series[Math.min(cursor?.[0] ?? 0, chart.series.length - 1)];
  const point = series?.points[Math.min(cursor?.[1] ?? 0, series.points.length - 1)];
  const shown: LineChartOptions =
    cursor === undefined || point === undefined
      ? { ...chart, width }
      : { ...chart, width, marks: [...(chart.marks ?? []), { x: point[0], label: short(point[1]) }] };

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.shiftKey ? 10 : 1;
    const moves: Record<string, readonly [number, number]> = {
      ArrowRight: [0, step],
      ArrowLeft: [0, -step],
      ArrowDown: [1, 0],
      ArrowUp: [-1, 0],
    };
    if (event.key === 'Escape') return setCursor(undefined);
    const move = moves[event.key];
    if (move === undefined || chart.series.length === 0) return;
    event.preventDefault();
    const [s, p] = cursor ?? [0, Math.floor(chart.series[0]!.points.length / 2)];
    const next = (s + move[0] + chart.series.length) % chart.series.length;
    const last = chart.series[next]!.points.length - 1;
    setCursor([next, Math.max(0, Math.min(last, p + move[1]))]);
  };

  const drag = (event: PointerEvent) => {
    if (onDrag === undefined || event.buttons === 0) return;
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const { left, right } = lineChartMargin;
    const share = (event.clientX - box.left - left) / (width - left - right);
    const [low, high] = chart.x.domain ?? [0, 1];
    const at = Math.max(0, Math.min(1, share));
    onDrag(chart.x.scale === 'log' ? low * (high / low) ** at : low + (high - low) * at);
  };

  return (
    <figure class="figure">
      <div
        ref={ref}
        class={`plot ${onDrag ? 'draggable' : ''}`}
        tabIndex={0}
        role="application"
        aria-roledescription="chart"
        aria-label={`${chart.title}. ${chart.description} Arrow keys read the points.`}
        onKeyDown={onKeyDown}
        onBlur={() => setCursor(undefined)}
        onPointerDown={drag}
        onPointerMove={drag}
      >
        <Drawing svg={lineChart(shown)} />
      </div>
      <p class="readout" aria-live="polite">
        {cursor !== undefined && series && point
          ? `${series.name}: ${short(point[1])} at ${short(point[0])}`
          : ''}
      </p>
      <Numbers html={() => seriesTable({ ...chart, width })} file={file} />
    </figure>
  );
}

/** The numbers of a chart as a table that opens, and as a file. */
export function Numbers({ html, file }: { html: () => string; file: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="numbers" onToggle={(event) => setOpen((event.currentTarget as HTMLDetailsElement).open)}>
      <summary>Show the numbers</summary>
      {open && (
        <>
          <button
            type="button"
            class="quiet-button"
            onClick={() => save(`${file}.csv`, csvOf(html()), 'text/csv')}
          >
            Download CSV
          </button>
          <div
            class="scroll"
            tabIndex={0}
            role="region"
            aria-label="Numbers of the chart"
            dangerouslySetInnerHTML={{ __html: html() }}
          />
        </>
      )}
    </details>
  );
}

/** The rows of a table of ours as CSV. */
function csvOf(html: string): string {
  const rows = [...new DOMParser().parseFromString(html, 'text/html').querySelectorAll('tr')];
  const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return `${rows.map((row) => [...row.children].map((cell) => quoted(cell.textContent ?? '')).join(',')).join('\n')}\n`;
}

/** Saves a file that was made in the page. */
export function save(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
