import { type Titled } from './frame.js';

/** How an axis is drawn. */
export interface AxisOptions {
  readonly label: string;
  /** Default `linear`. A `log` axis shows positive values only. */
  readonly scale?: 'linear' | 'log';
  /** Ends of the axis; default: those of the data. */
  readonly domain?: readonly [number, number];
  /** True: ticks at whole numbers alone, as of epochs. Default false. */
  readonly whole?: boolean;
}

/** One line of a chart. */
export interface Series {
  readonly name: string;
  /** `[x, y]` in the order of x; points that are not finite leave a gap. */
  readonly points: readonly (readonly [number, number])[];
  /** `[x, low, high]`, drawn as a shade behind the line. */
  readonly band?: readonly (readonly [number, number, number])[];
  /** `[x, low, high]`, drawn as upright error bars. */
  readonly intervals?: readonly (readonly [number, number, number])[];
  /** Points to mark, e.g. minima. */
  readonly dots?: readonly (readonly [number, number])[];
  /** Dash pattern as in SVG, `'4 4'`; by default it follows from the look. */
  readonly dash?: string;
  /** Which color and dash, from 0: the same number is the same look in every chart. Default: the place in the list. */
  readonly look?: number;
}

/** A reference line at an x or a y. */
export interface Mark {
  readonly x?: number;
  readonly y?: number;
  readonly label: string;
}

/** What {@link lineChart} draws. */
export interface LineChartOptions extends Titled {
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
  /** In pixels; default 640. */
  readonly width?: number;
  /** Of the drawing without the legend, in pixels; default 320. */
  readonly height?: number;
  /** Color behind the drawing, for a file of its own; default none: that of the page. */
  readonly background?: string;
}

/** One of the small multiples. */
export interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
}

/** What {@link panelChart} draws. */
export interface PanelChartOptions extends Titled {
  /** The axes of every panel. */
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  readonly panels: readonly Panel[];
  /** Panels side by side; default 3. */
  readonly columns?: number;
  /** In pixels; default 960. */
  readonly width?: number;
  /** Of one panel with its title and its ticks, in pixels; default 210. */
  readonly panelHeight?: number;
}

/** One bar, and the ends of its interval. */
export interface Bar {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

/** What {@link barChart} draws. */
export interface BarChartOptions extends Titled {
  /** Names of the rows. */
  readonly categories: readonly string[];
  /** The axis along the bars. */
  readonly value: AxisOptions;
  /** Bars in the order of the categories. */
  readonly series: readonly { readonly name: string; readonly bars: readonly Bar[] }[];
  /** Where the bars start; default 0, on a log axis 1. */
  readonly baseline?: number;
  readonly marks?: readonly { readonly x: number; readonly label: string }[];
  /** In pixels; default 640. The height follows from the bars. */
  readonly width?: number;
}

/** Proportions of three classes; they add up to 1. */
export type Proportions = readonly [number, number, number];

/** A point of a {@link simplexChart}. */
export interface SimplexPoint {
  readonly p: Proportions;
  readonly value: number;
  /** The direction in which the proportions move; adds up to 0. */
  readonly flow?: Proportions;
}

/** What {@link simplexChart} draws. */
export interface SimplexChartOptions extends Titled {
  /** Names of the classes: left, right and top corner. */
  readonly corners: readonly [string, string, string];
  /** Name of the value. */
  readonly value: string;
  /** On a triangular lattice. */
  readonly points: readonly SimplexPoint[];
  readonly marks?: readonly {
    readonly p: Proportions;
    readonly label: string;
    readonly kind: 'minimum' | 'truth';
  }[];
  /** Proportions on the way from a start, drawn as a line. */
  readonly path?: readonly Proportions[];
  /** In pixels; default 480. */
  readonly width?: number;
}
