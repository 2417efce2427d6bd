/** How an axis is drawn. */
export interface AxisOptions {
  readonly label: string;
  /** Default `linear`. A `log` axis shows positive values only. */
  readonly scale?: 'linear' | 'log';
  /** Ends of the axis; default: those of the data. */
  readonly domain?: readonly [number, number];
}

/** One line of a chart. */
export interface Series {
  readonly name: string;
  /** `[x, y]` in the order of x; points that are not finite leave a gap. */
  readonly points: readonly (readonly [number, number])[];
  /** `[x, low, high]`, drawn as a shade behind the line. */
  readonly band?: readonly (readonly [number, number, number])[];
  /** Points to mark, e.g. minima. */
  readonly dots?: readonly (readonly [number, number])[];
  /** Dash pattern as in SVG, `'4 4'`; by default it follows from the place in the list. */
  readonly dash?: string;
}

/** A reference line at an x or a y. */
export interface Mark {
  readonly x?: number;
  readonly y?: number;
  readonly label: string;
}

/** What {@link lineChart} draws. */
export interface LineChartOptions {
  readonly title: string;
  /** One sentence for those who do not see the chart. */
  readonly description: string;
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
  /** In pixels; default 640. */
  readonly width?: number;
  /** Of the drawing without the legend, in pixels; default 320. */
  readonly height?: number;
}
